import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openArena, type Arena } from './arena.ts';
import { compileKernels } from './kernels.ts';

let arena: Arena;
beforeAll(async () => {
  arena = openArena((await compileKernels())!, 4 << 20);
});

const small = fc.integer({ min: 1, max: 4 });
const shape = fc.record({
  images: fc.integer({ min: 1, max: 3 }),
  size: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
  channels: fc.integer({ min: 1, max: 9 }),
  kernel: fc.tuple(small, small),
  stride: fc.tuple(small, small),
  dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  pad: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
  out: fc.tuple(small, small),
});

test('[K5] im2col takes the windows of any convolution, and col2im lays them back', () => {
  fc.assert(
    fc.property(shape, ({ images, size, channels, kernel, stride, dilation, pad, out }) => {
      arena.reset();
      const { kernels, allocate, floats } = arena;
      const values = images * size[0] * size[1] * channels;
      const taps = kernel[0] * kernel[1] * channels;
      const rows = images * out[0] * out[1];
      const [x, windows, back] = [allocate(4 * values), allocate(4 * rows * taps + 4), allocate(4 * values)];
      const maps = floats(x, values);
      maps.forEach((_, i) => (maps[i] = i + 1));
      floats(back, values).fill(7);
      const run = (pass: typeof kernels.im2col, address: number): void => {
        // prettier-ignore
        pass(address, images, ...size, channels, ...kernel, ...stride, ...dilation, ...pad, ...out, windows);
      };
      run(kernels.im2col, x);
      const taken = floats(windows, rows * taps);
      const laid = new Float64Array(values);
      for (let at = 0; at < rows * taps; at += 1) {
        const from = source(at);
        if (taken[at] !== (from < 0 ? 0 : maps[from]!)) throw new Error(`window value ${at} is ${taken[at]}`);
        if (from >= 0) laid[from] = laid[from]! + taken[at]!;
      }
      run(kernels.col2im, back);
      expect(Array.from(floats(back, values))).toEqual(Array.from(laid));
      expect(floats(windows, rows * taps + 1)[rows * taps]).toBe(0);

      /** Index in the maps that a window's value comes from, or -1 for padding. */
      function source(at: number): number {
        const channel = at % channels;
        const [j, i] = [Math.floor(at / channels) % kernel[1], Math.floor(at / channels / kernel[1]) % kernel[0]];
        const row = Math.floor(at / taps);
        const [column, line] = [row % out[1], Math.floor(row / out[1]) % out[0]];
        const image = Math.floor(row / out[1] / out[0]);
        const [u, v] = [line * stride[0] - pad[0] + i * dilation[0], column * stride[1] - pad[1] + j * dilation[1]];
        const inside = u >= 0 && u < size[0] && v >= 0 && v < size[1];
        return inside ? ((image * size[0] + u) * size[1] + v) * channels + channel : -1;
      }
    }),
    { numRuns: 200 },
  );
});
