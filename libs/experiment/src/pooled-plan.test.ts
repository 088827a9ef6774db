import { expect, test } from '@jest/globals';
import { mnistManifest } from './manifest.ts';
import { microBatchesOf, microBatchSpan, pooledPlan, roundSpan } from './pooled-plan.ts';
import { trialSpec } from './trial-spec.ts';

const pooled = { mode: 'exact', micro_batch: 32, micro_batches: 4 } as const;
const spec = trialSpec.parse({ latent: 2, seed: 0, epochs: 2, train_images: 300, validation_images: 0, pooled });
const plan = pooledPlan(spec, pooled, mnistManifest);

test('every image of an epoch is in exactly one micro-batch', () => {
  expect(plan).toMatchObject({ images: 300, roundsPerEpoch: 3, rounds: 6 });
  expect([0, 1, 2, 3, 4, 5].map((round) => microBatchesOf(plan, round))).toEqual([4, 4, 2, 4, 4, 2]);
  const places = [3, 4, 5].flatMap((round) =>
    Array.from({ length: microBatchesOf(plan, round) }, (_, index) => microBatchSpan(plan, round, index)),
  );
  expect(places.every(({ epoch }) => epoch === 1)).toBe(true);
  const images = places.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));
  expect(images).toEqual(Array.from({ length: 300 }, (_, i) => i));
});

test('the last round and the last micro-batch of an epoch take what is left', () => {
  expect(roundSpan(plan, 2)).toEqual({ epoch: 0, first: 256, count: 44 });
  expect(microBatchSpan(plan, 2, 1)).toEqual({ epoch: 0, first: 288, count: 12 });
});
