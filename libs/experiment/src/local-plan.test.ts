import { expect, test } from '@jest/globals';
import { localPlan, localRate, stepSpan } from './local-plan.ts';
import { mnistManifest } from './manifest.ts';
import { learningRate } from './schedule.ts';
import { parseSweep } from './parse-sweep.ts';
import { trialSpec } from './trial-spec.ts';

const pooled = { mode: 'local', batch: 16 } as const;
const spec = trialSpec.parse({
  ...{ latent: 2, seed: 0, epochs: 3, train_images: 100, validation_images: 0, batch_size: 16, pooled },
});
const plan = localPlan(spec, mnistManifest);

test('[L1] steps from the first place on take every image of every epoch once', () => {
  expect(plan).toEqual({ images: 100, imagesTotal: 300 });
  const seen: number[] = [];
  for (let place = 0; place < plan.imagesTotal;) {
    const { epoch, first, count } = stepSpan(plan, 16, place);
    for (let i = 0; i < count; i += 1) seen.push(100 * epoch + first + i);
    place += count;
  }
  expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
  expect(stepSpan(plan, 16, 96)).toEqual({ epoch: 0, first: 96, count: 4 });
});

test('[L2] the learning rate follows the schedule of one worker, and holds its last value beyond the end', () => {
  for (const done of [0, 16, 150]) expect(localRate(spec, plan, done)).toBe(learningRate(spec, done >> 4, 19));
  expect(localRate(spec, plan, 10_000)).toBe(learningRate(spec, 18, 19));
});

test('[S9] a local trial takes its batch from `pooled`, with the defaults of local mode', () => {
  expect(trialSpec.parse({ latent: 2, seed: 0, pooled: { mode: 'local' } }).pooled).toEqual({
    ...{ mode: 'local', batch: 16, steps: 64, codec: 'int4', staleness: 2, aggregate: 'mean' },
  });
});

test.each([
  ['{ mode: foo }', 'line 3: pooled.mode is "foo"; expected exact or local'],
  ['{ mode: local, stepz: 3 }', 'line 3: pooled has no key "stepz"; did you mean steps?'],
  [
    '{ mode: local, micro_batch: 3 }',
    'line 3: pooled has no key "micro_batch"; known are mode, batch, steps, codec, staleness, aggregate',
  ],
  ['{ mode: local, codec: int3 }', 'line 3: pooled.codec is "int3"; did you mean int8?'],
  ['{ mode: local, aggregate: median }', 'line 3: pooled.aggregate is "median"; did you mean mean?'],
  [
    '{ mode: exact, aggregate: trimmed_mean }',
    'line 3: pooled.aggregate is "trimmed_mean"; exact mode adds every gradient: leaving some out would make the bits depend on who helped; use mode: local, or leave aggregate out',
  ],
])('[S3] pooled: %s is refused with what there is', (pooledText, message) => {
  expect(parseSweep(`name: a\nparameters: { latent: { value: 2 } }\npooled: ${pooledText}\n`)).toMatchObject({
    ok: false,
    message,
  });
});
