import { expect, test } from '@jest/globals';
import { adamDefaults, adamInit, adamUpdate } from './adam.ts';

test('[T14] the first step moves each parameter by the learning rate against the sign of its gradient', () => {
  const parameters = Float32Array.of(1, 1, 1);
  adamUpdate(parameters, Float32Array.of(3, -0.02, 0), adamInit(3), { ...adamDefaults, learningRate: 0.1, step: 1 });
  expect(parameters[0]).toBeCloseTo(0.9, 6);
  expect(parameters[1]).toBeCloseTo(1.1, 6);
  expect(parameters[2]).toBe(1);
});

test('[T14] follows the published equations with bias correction over many steps', () => {
  const state = adamInit(1);
  const parameters = Float32Array.of(0.5);
  let [p, m, v] = [0.5, 0, 0];
  for (let t = 1; t <= 200; t += 1) {
    const g = Math.fround(Math.sin(t) + p);
    adamUpdate(parameters, Float32Array.of(g), state, { ...adamDefaults, learningRate: 0.01, step: t });
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    p -= (0.01 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
  }
  expect(parameters[0]).toBeCloseTo(p, 5);
});
