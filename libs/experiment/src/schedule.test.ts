import { expect, test } from '@jest/globals';
import { learningRate } from './schedule.ts';

const cosine = { learning_rate: 0.002, schedule: 'cosine', warmup_steps: 100 } as const;

test('constant stays', () => {
  expect([0, 5, 99].map((step) => learningRate({ ...cosine, schedule: 'constant' }, step, 100))).toEqual([
    0.002, 0.002, 0.002,
  ]);
});

test('cosine warms up over a tenth of a short run, peaks, and falls along a half period to 0', () => {
  const rates = Array.from({ length: 110 }, (_, step) => learningRate(cosine, step, 110));
  expect(rates[0]).toBeCloseTo(0.002 / 11, 9);
  expect(rates[10]).toBeCloseTo(0.002, 9);
  expect(Math.max(...rates)).toBeLessThanOrEqual(0.002);
  for (let step = 11; step < 110; step += 1) {
    expect(rates[step]).toBeCloseTo(0.001 * (1 + Math.cos((Math.PI * (step - 11)) / 99)), 12);
  }
});

test('the warm-up of a long run is as many steps as were asked for', () => {
  expect(learningRate(cosine, 99, 5_000)).toBeCloseTo(0.002, 9);
  expect(learningRate(cosine, 49, 5_000)).toBeCloseTo(0.001, 9);
  const slower = { ...cosine, warmup_steps: 300 };
  expect(learningRate(slower, 149, 5_000)).toBeCloseTo(0.001, 9);
  expect([299, 300].map((step) => learningRate(slower, step, 5_000))).toEqual([0.002, 0.002]);
  expect(learningRate({ ...cosine, warmup_steps: 0 }, 0, 5_000)).toBe(0.002);
});
