import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openArena, type Arena } from './arena.ts';
import { compileKernels } from './kernels.ts';

let arena: Arena;
beforeAll(async () => {
  arena = openArena((await compileKernels())!, 1 << 20);
});

const small = fc.integer({ min: 1, max: 4 });
const shape = fc.record({
  images: fc.integer({ min: 1, max: 3 }),
  size: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
  channels: fc.integer({ min: 1, max: 9 }),
  kernel: fc.tuple(small, small),
  stride: fc.tuple(small, small),
  pad: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })),
  out: fc.tuple(small, small),
  // Few different values, so that many are equal; -1 alone, so that no window has one above 0.
  values: fc.constantFrom([-1], [-3, -2, -1], [0, -0, 1], [-Infinity, 2, NaN], [-1e-42, -2e-42, 5]),
  seed: fc.nat(),
});

test('[K8] max-pool takes the largest value of each window, its gradient goes to the first place that has it', () => {
  fc.assert(
    fc.property(shape, ({ images, size, channels, kernel, stride, pad, out, values, seed }) => {
      arena.reset();
      const { kernels, allocate, floats } = arena;
      const [inputs, outputs] = [images * size[0] * size[1] * channels, images * out[0] * out[1] * channels];
      const [x, dx, y, dy] = [inputs, inputs, outputs, outputs].map((count) => allocate(4 * count + 4)) as Four;
      const [maps, gradients] = [floats(x, inputs), floats(dy, outputs)];
      maps.forEach((_, i) => (maps[i] = values[(((i + seed) * 7919) % 10_007) % values.length]!));
      gradients.forEach((_, i) => (gradients[i] = i + 1));
      floats(dx, inputs + 1).fill(7);
      floats(y, outputs + 1).fill(7);
      const windows = [x, images, ...size, channels, ...kernel, ...stride, ...pad, ...out] as const;
      kernels.maxPool(...windows, y);
      kernels.maxPoolGradient(...windows, y, dy, dx);

      const expected = { y: new Float32Array(outputs).fill(-Infinity), dx: new Float32Array(inputs) };
      for (let at = 0; at < outputs; at += 1) {
        const taps = tapsOf(at).map((from) => ({ from, value: maps[from]! }));
        if (taps.length === 0) continue;
        const largest = taps.reduce((most, { value }) => Math.max(most, value), -Infinity);
        expected.y[at] = largest;
        const { from } = taps.find(({ value }) => value === largest || Number.isNaN(value))!;
        expected.dx[from] = expected.dx[from]! + gradients[at]!;
      }
      // -0 and 0 are equal taps: which of them is written does not matter.
      const plain = (address: number, count: number): number[] => Array.from(floats(address, count), (v) => v + 0);
      expect(plain(y, outputs + 1)).toEqual([...Array.from(expected.y, (v) => v + 0), 7]);
      expect(plain(dx, inputs + 1)).toEqual([...expected.dx, 7]);

      /** Where the taps of an output's window lie in x, row by row. */
      function tapsOf(at: number): number[] {
        const channel = at % channels;
        const column = Math.floor(at / channels) % out[1];
        const line = Math.floor(at / channels / out[1]) % out[0];
        const image = Math.floor(at / channels / out[1] / out[0]);
        return Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => {
          const u = line * stride[0] - pad[0] + Math.floor(tap / kernel[1]);
          const v = column * stride[1] - pad[1] + (tap % kernel[1]);
          const inside = u >= 0 && u < size[0] && v >= 0 && v < size[1];
          return inside ? ((image * size[0] + u) * size[1] + v) * channels + channel : -1;
        }).filter((from) => from >= 0);
      }
    }),
    { numRuns: 300 },
  );
});

type Four = [number, number, number, number];
