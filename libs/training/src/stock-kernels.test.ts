import { expect, test } from '@jest/globals';
import { startBackend } from './backend.ts';
import { findWrongGradient } from './gradient-check.ts';
import { activeKernels } from './wasm-backend.ts';

test('[B2] stock kernels on request: named in the class and the note, right gradients, and they stay for the process', async () => {
  for (const kernels of ['stock', 'own'] as const) {
    const { path, note } = await startBackend('wasm', { kernels });
    expect(path).toMatch(/\/stock-1$/);
    expect(note).toBe('slower, without SIMD kernels: stock kernels were asked for');
    expect(activeKernels()).toBeNull();
    expect(await findWrongGradient()).toBeNull();
  }
});
