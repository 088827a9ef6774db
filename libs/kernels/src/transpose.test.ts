import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openArena } from './arena.ts';
import { compileKernels } from './kernels.ts';

const size = fc.integer({ min: 1, max: 40 });

test('[K9] every value of a matrix goes to its place, and nothing is written behind it', async () => {
  const { kernels, allocate, floats, reset } = openArena((await compileKernels())!, 1 << 16);
  fc.assert(
    fc.property(size, size, (rows, columns) => {
      reset();
      const [x, y] = [allocate(4 * rows * columns), allocate(4 * rows * columns + 8) + 4];
      floats(x, rows * columns).forEach((_, i, values) => (values[i] = i === 3 ? NaN : i));
      kernels.transpose(x, rows, columns, y);
      const expected = Array.from({ length: rows * columns }, (_, at) => {
        const from = (at % rows) * columns + Math.floor(at / rows);
        return from === 3 ? NaN : from;
      });
      expect(Array.from(floats(y, rows * columns + 1))).toEqual([...expected, 0]);
    }),
    { numRuns: 200 },
  );
});
