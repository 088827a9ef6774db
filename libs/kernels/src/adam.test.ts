import { expect, test } from '@jest/globals';
import { openArena } from './arena.ts';
import { compileKernels } from './kernels.ts';

test.each([1, 2, 7, 64, 101])(
  '[K2] Adam on %i parameters has the bits of the plain version in double',
  async (size) => {
    const module = await compileKernels();
    const { kernels, allocate, floats } = openArena(module!, 1 << 16);
    const [p, g, m, v] = [allocate(4 * size + 4) + 4, allocate(4 * size), allocate(4 * size), allocate(4 * size)];
    const vectors = [p, g, m, v].map((address) => floats(address, size));
    const [pv, gv, mv, vv] = vectors as [Float32Array, Float32Array, Float32Array, Float32Array];
    for (let i = 0; i < size; i += 1) {
      pv[i] = Math.sin(i);
      gv[i] = i === 3 ? NaN : i === 4 ? 1e-41 : Math.cos(5 * i);
      mv[i] = Math.sin(7 * i);
      vv[i] = i === 5 ? 0 : Math.abs(Math.sin(11 * i));
    }
    const [rate, beta1, beta2, epsilon] = [0.003, 0.9, 0.999, 1e-8];
    const plain = vectors.map((vector) => vector.slice());
    for (let i = 0; i < size; i += 1) {
      const gi = plain[1]![i]!;
      const mi = beta1 * plain[2]![i]! + (1 - beta1) * gi;
      const vi = beta2 * plain[3]![i]! + (1 - beta2) * gi * gi;
      plain[0]![i] = plain[0]![i]! - (rate * mi) / (Math.sqrt(vi) + epsilon);
      plain[2]![i] = mi;
      plain[3]![i] = vi;
    }
    kernels.adam(p, g, m, v, size, rate, beta1, beta2, epsilon);
    expect(vectors.map((vector) => Array.from(vector))).toEqual(plain.map((vector) => Array.from(vector)));
  },
);
