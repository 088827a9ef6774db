import { beforeAll, expect, test } from '@jest/globals';
import { initialParameters, pooledPlan, roundSpan, trialSpec } from '@gradpool/experiment';
import { addPartialSum, fixedPointFromBytes, gradientFractionBits, meanOfSum } from '@gradpool/tensors';
import { startBackend } from './backend.ts';
import { openEngine } from './engine.ts';
import { computeMicroBatches } from './micro-batches.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';
import { batchFiller, trainingPlan } from './training-plan.ts';

const dataset = tinyDataset({ image: { height: 8, width: 8, channels: 1 }, train: 150, test: 40 });
const pooled = { mode: 'exact', micro_batch: 8, micro_batches: 4 } as const;
const spec = trialSpec.parse({
  ...{ hidden: [24], latent: 3, noise: 0.3, epochs: 2, validation_images: 30, seed: 7 },
  ...{ pooled, batch_size: 32 },
});
const format = { fractionBits: gradientFractionBits, terms: pooled.micro_batches };
const parameters = initialParameters(spec, dataset.manifest.image);
const plan = pooledPlan(spec, pooled, dataset.manifest);
const yieldToLoop = (): Promise<void> => Promise.resolve();

const unpacked = ({ sum }: { readonly sum: Uint8Array }): Float64Array => fixedPointFromBytes(sum, parameters.length);

beforeAll(async () => {
  await startBackend('wasm');
});

const compute = (round: number, from: number, to: number, given = parameters) =>
  computeMicroBatches({
    ...{ spec, dataset, parameters: given, round, from, to, yieldToLoop },
    signal: new AbortController().signal,
  });

test.each([0, 3, 7])('[T9] round %i has the same bits in one lease and in several at once', async (round) => {
  const micro = Math.ceil(roundSpan(plan, round).count / pooled.micro_batch);
  const whole = await compute(round, 0, micro);
  const parts = await Promise.all([compute(round, 0, 1), compute(round, 1, micro)]);
  const sum = new Float64Array(parameters.length);
  for (const [i, part] of parts.entries()) {
    expect(addPartialSum(sum, unpacked(part), format, i === 0 ? 1 : micro - 1)).toBe(true);
  }
  expect(sum).toEqual(unpacked(whole));
  expect(parts[0].images + parts[1].images).toBe(roundSpan(plan, round).count);
});

test('[T9] a round is the gradient of the batch that one worker would take, the short one at the end of an epoch too', async () => {
  const engine = openEngine(spec, dataset.manifest.image, spec.batch_size);
  const fill = batchFiller(spec, dataset, trainingPlan(spec, dataset), engine);
  for (const round of [1, 3]) {
    engine.parameters.set(parameters);
    engine.load();
    const images = fill(round);
    const loss = await engine.lossAndGradient(images);
    await engine.save();
    const pooledRound = await compute(round, 0, Math.ceil(images / pooled.micro_batch));
    const mean = new Float32Array(parameters.length);
    meanOfSum(unpacked(pooledRound), format, images / pooled.micro_batch, mean);
    const worst = mean.reduce((most, value, i) => Math.max(most, Math.abs(value - engine.gradient[i]!)), 0);
    expect(worst).toBeLessThan(1e-6);
    expect(pooledRound.loss).toBeCloseTo(loss, 5);
    expect(pooledRound.images).toBe(images);
  }
});

test('[T9] a gradient or a loss that is not finite ends the lease', async () => {
  await expect(
    compute(
      0,
      0,
      1,
      parameters.map(() => Number.NaN),
    ),
  ).rejects.toMatchObject({ code: 'E_NAN_LOSS' });
  await expect(compute(0, 0, 1, parameters.subarray(1))).rejects.toMatchObject({ code: 'E_WEIGHTS_SHAPE' });
  await expect(compute(3, 3, 4)).rejects.toMatchObject({ code: 'E_POOLED' });
});
