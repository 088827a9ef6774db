import { describe, expect, test } from '@jest/globals';
import { parametersSha256 } from './digest.ts';
import { optimizerOf, type Optimizer } from './optimizers.ts';
import { fillNormals } from './random.ts';

const sgd = optimizerOf({ name: 'sgd' });
const momentum = (mu: number, nesterov: boolean): Optimizer => optimizerOf({ name: 'momentum', mu, nesterov });
const adamW = (weightDecay: number): Optimizer => optimizerOf({ name: 'adam', weightDecay });

/** Moves from `start` by a fixed list of gradients and returns every value passed. */
function walk(optimizer: Optimizer, start: number, gradients: readonly number[], learningRate: number): number[] {
  const parameters = Float32Array.of(start);
  const memory = optimizer.init(1);
  return gradients.map((g) => {
    optimizer.update(parameters, Float32Array.of(g), memory, learningRate);
    return parameters[0]!;
  });
}

describe('the published equations, worked by hand', () => {
  test('[T14] SGD', () => {
    expect(walk(sgd, 1, [2, -4], 0.25)).toEqual([0.5, 1.5]);
  });

  test('[T14] momentum: u = 0.5 u + g', () => {
    expect(walk(momentum(0.5, false), 1, [1, 1, 0], 0.5)).toEqual([0.5, -0.25, -0.625]);
  });

  test('[T14] Nesterov momentum: the step is g + 0.5 u', () => {
    expect(walk(momentum(0.5, true), 1, [1, 1], 0.5)).toEqual([0.25, -0.625]);
  });

  test('[T14] AdamW takes its decay from the parameter, not through the moments', () => {
    const [plain] = walk(adamW(0), 2, [1], 0.1);
    const [decayed] = walk(adamW(0.5), 2, [1], 0.1);
    expect(plain! - decayed!).toBeCloseTo(0.1 * 0.5 * 2, 6);
    expect(walk(adamW(0.5), 2, [0], 0.1)[0]).toBeCloseTo(1.9, 6);
  });
});

const all: [string, Optimizer, string][] = [
  ['sgd', sgd, 'a5b957b69ebbadb250ed50f724f5016c1717e6c66a122a9c58c1977d23ea1dec'],
  ['momentum', momentum(0.9, true), '5da917dab037066740728ba8b91b58f7aac6d9bcc8c695b14f1d84aa61270c24'],
  ['adam', adamW(0), '583655f2697e60836cf59ad25d158b77d269f84d708d0c4ed6d7c5530f7f7a9c'],
  ['adamW', adamW(0.01), 'd2a96337b9f60281a07a4d5e4830644d7ece674983218f324745f2602271e980'],
];

describe.each(all)('%s', (_name, optimizer, digest) => {
  test('[T14] gives the bits written here, in every engine', () => {
    expect(parametersSha256(run(optimizer, 20).parameters)).toBe(digest);
  });

  test('[T15] goes on from its memory with the bits of a run that never stopped', () => {
    const { parameters, memory } = run(optimizer, 9);
    const kept = { step: memory.step, vectors: memory.vectors.map((vector) => vector.slice()) };
    expect(kept.step).toBe(9);
    const resumed = run(optimizer, 20, { parameters: parameters.slice(), memory: kept });
    expect(parametersSha256(resumed.parameters)).toBe(digest);
  });
});

/** Normals as gradients, one stream per step, from step `memory.step` up to `steps`. */
function run(
  optimizer: Optimizer,
  steps: number,
  from = { parameters: new Float32Array(50).fill(0.25), memory: optimizer.init(50) },
) {
  const gradient = new Float32Array(50);
  while (from.memory.step < steps) {
    fillNormals(gradient, { seed: 3, stream: from.memory.step }, 0);
    optimizer.update(from.parameters, gradient, from.memory, 0.01);
  }
  return from;
}
