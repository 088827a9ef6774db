import { expect, test } from '@jest/globals';
import { openMemoryStore } from './memory-store.ts';
import { storeContract } from './store.contract.ts';

storeContract('memory', () => Promise.resolve(openMemoryStore()));

test('a closed store refuses', async () => {
  const store = openMemoryStore();
  await store.close();
  await expect(store.ping()).rejects.toMatchObject({ code: 'E_STORE_CLOSED' });
});
