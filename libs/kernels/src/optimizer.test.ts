import { expect, test } from '@jest/globals';
import { openArena } from './arena.ts';
import { compileKernels } from './kernels.ts';
import { takeStep } from './optimizer.ts';

const steps = [
  { name: 'adam', rate: 0.003, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, keep: 1 },
  { name: 'adam', rate: 0.003, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, keep: 0.9997 },
  { name: 'momentum', rate: 0.02, mu: 0.9, nesterov: false },
  { name: 'momentum', rate: 0.02, mu: 0.9, nesterov: true },
  { name: 'sgd', rate: 0.1 },
] as const;

test.each(steps.flatMap((step) => [1, 2, 7, 64, 101].map((size) => ({ size, step }))))(
  '[K2] a step on $size parameters has the bits of the equations in double: $step',
  async ({ size, step }) => {
    const module = await compileKernels();
    const { kernels, allocate, floats } = openArena(module!, 1 << 16);
    // The parameters at an odd place, and a value after each vector that no kernel may touch.
    const places = [4, 0, 0, 0].map((shift) => allocate(4 * size + 8) + shift);
    const vectors = places.map((place) => floats(place, size + 1));
    for (let i = 0; i <= size; i += 1) {
      vectors[0]![i] = Math.sin(i);
      vectors[1]![i] = i === 3 ? NaN : i === 4 ? 1e-41 : i === 6 ? -Infinity : Math.cos(5 * i);
      vectors[2]![i] = Math.sin(7 * i);
      vectors[3]![i] = i === 5 ? 0 : Math.abs(Math.sin(11 * i));
    }
    const expected = vectors.map((vector) => vector.slice()) as Vectors;
    for (let i = 0; i < size; i += 1) plainStep(step, expected, i);
    const [p, g, ...memory] = places;
    takeStep(kernels, step, { size, p: p!, g: g!, vectors: memory });
    expect(vectors.map((vector) => Array.from(vector))).toEqual(expected.map((vector) => Array.from(vector)));
  },
);

type Vectors = [Float32Array, Float32Array, Float32Array, Float32Array];

/** One parameter, in double, each value rounded on storing. */
function plainStep(step: (typeof steps)[number], [p, g, first, second]: Vectors, i: number): void {
  const gradient = g[i]!;
  if (step.name === 'sgd') p[i] = p[i]! - step.rate * gradient;
  if (step.name === 'momentum') {
    const u = step.mu * first[i]! + gradient;
    first[i] = u;
    p[i] = p[i]! - step.rate * (step.nesterov ? gradient + step.mu * u : u);
  }
  if (step.name === 'adam') {
    const m = step.beta1 * first[i]! + (1 - step.beta1) * gradient;
    const v = step.beta2 * second[i]! + (1 - step.beta2) * gradient * gradient;
    first[i] = m;
    second[i] = v;
    p[i] = step.keep * p[i]! - (step.rate * m) / (Math.sqrt(v) + step.epsilon);
  }
}
