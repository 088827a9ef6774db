import { beforeAll } from '@jest/globals';
import { startBackend } from './backend.ts';
import { testProductsAndConvolutions } from './testing/kernel-contract.ts';

beforeAll(async () => {
  const { note } = await startBackend('wasm');
  if (note !== null) throw new Error(note);
});

testProductsAndConvolutions();
