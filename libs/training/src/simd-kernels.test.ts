import { expect, test } from '@jest/globals';
import { loadSimdKernels } from './simd-kernels.ts';

test('[K3] without SIMD the reason is said, and nothing is thrown', async () => {
  const api = (globalThis as unknown as { WebAssembly: { validate: (bytes: Uint8Array) => boolean } }).WebAssembly;
  const { validate } = api;
  try {
    api.validate = () => false;
    expect(await loadSimdKernels()).toEqual({ module: null, reason: 'this engine has no WebAssembly SIMD' });
    api.validate = () => {
      throw new Error('no WebAssembly here');
    };
    expect(await loadSimdKernels()).toEqual({ module: null, reason: 'no WebAssembly here' });
  } finally {
    api.validate = validate;
  }
  expect(await loadSimdKernels()).toMatchObject({ name: expect.stringMatching(/^plan-[0-9a-f]{8}$/) as unknown });
});
