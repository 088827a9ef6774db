import { expect, test } from '@jest/globals';
import { compileKernels } from '@gradpool/kernels';
import { fillNormals, fixedPointLimit, gradientFractionBits } from '@gradpool/tensors';
import { openExactSum } from './exact-sum.ts';

const format = { fractionBits: gradientFractionBits, terms: 4 };

const gradient = (size: number, stream: number): Float32Array => {
  const values = new Float32Array(size);
  fillNormals(values, { seed: 5, stream }, 0);
  return values;
};

test.each([1, 7, 8, 9, 1000, 4099])(
  '[T9] SIMD and plain sums of %i values have the same bits, time after time',
  async (size) => {
    const sums = [openExactSum(await compileKernels(), size, format), openExactSum(null, size, format)];
    for (const lease of [0, 1]) {
      for (const [term, weight] of [1, 0.375, 1].entries()) {
        for (const sum of sums) expect(sum.add(gradient(size, 4 * lease + term), weight)).toBe(true);
      }
      const [simd, plain] = sums.map((sum) => sum.take());
      expect(simd).toEqual(plain);
    }
  },
);

test('[T9] both refuse the same terms, and keep what they had', async () => {
  const limit = fixedPointLimit(format) / 2 ** gradientFractionBits;
  const [good, size] = [gradient(10, 1), 10];
  for (const module of [await compileKernels(), null]) {
    const sum = openExactSum(module, size, format);
    expect(sum.add(good, 1)).toBe(true);
    for (const odd of [NaN, -Infinity, 2 * limit]) {
      for (const place of [0, 9])
        expect(
          sum.add(
            good.map((value, i) => (i === place ? odd : value)),
            1,
          ),
        ).toBe(false);
    }
    const once = openExactSum(module, size, format);
    once.add(good, 1);
    expect(sum.take()).toEqual(once.take());
  }
});
