import { expect, test } from '@jest/globals';
import { compileKernels, kernelsSha256 } from './kernels.ts';
import { findWrongKernel } from './self-check.ts';

test('[K3] the compiled module passes its own check and has a digest', async () => {
  const module = await compileKernels();
  expect(findWrongKernel(module!)).toBeNull();
  expect(kernelsSha256).toMatch(/^[0-9a-f]{64}$/);
});
