import { expect, test } from '@jest/globals';
import { compileKernels, openArena } from '@gradpool/kernels';
import { fillUniforms } from '@gradpool/tensors';

test.each([
  { position: 0, size: 1100 },
  { position: 3, size: 1 },
  { position: 4 * 0xffff_ffff - 5, size: 701 },
  { position: 2 ** 51 + 1, size: 30 },
])('[K6] uniforms have the bits of libs/tensors: $size from position $position', async ({ position, size }) => {
  const { kernels, allocate, floats } = openArena((await compileKernels())!, 1 << 16);
  const [out, scratch] = [allocate(4 * size), allocate(kernels.randomScratchBytes())];
  const key = { seed: 0x8000_0001, stream: 77 };
  kernels.uniforms(out, size, position, key.seed, key.stream, scratch);
  const expected = new Float32Array(size);
  fillUniforms(expected, key, position);
  expect(floats(out, size)).toEqual(expected);
});
