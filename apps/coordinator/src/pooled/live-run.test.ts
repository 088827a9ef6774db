import { describe, expect, test } from '@jest/globals';
import { mnistManifest, trialSpec } from '@gradpool/experiment';
import { compileKernels } from '@gradpool/kernels';
import { addTerm, fixedPointBytes, gradientFractionBits, parametersSha256 } from '@gradpool/tensors';
import { checkpointOf, isOver, type LiveRun, roundStart, startLiveRun, takeRound } from './live-run.ts';
import { decodePooled } from './pooled-checkpoint.ts';

const pooled = { mode: 'exact', micro_batch: 32, micro_batches: 2 } as const;
const spec = trialSpec.parse({
  ...{ latent: 2, hidden: [4], seed: 1, epochs: 2, train_images: 140, validation_images: 0 },
  ...{ pooled, batch_size: 64 },
});
const digest = 'a'.repeat(64) as never;

const kernels = await compileKernels();

const start = (checkpoint: Uint8Array | null = null, module = kernels, own = spec): LiveRun =>
  startLiveRun({ spec: own, pooled, manifest: mnistManifest, checkpoint, kernels: module });

/** A made-up gradient that depends on the round. */
function step(live: LiveRun): boolean {
  const { parameters: values } = live.vectors;
  const vector = new Float64Array(values.length);
  const gradient = values.map((value, i) => value * 0.1 + ((i % 7) - 3) / (live.round + 1));
  addTerm(vector, gradient, { fractionBits: gradientFractionBits, terms: pooled.micro_batches });
  return takeRound(live, [fixedPointBytes(vector)]);
}

describe('a live run', () => {
  test('[P4] goes on from a checkpoint of any round with the bits of a run that never stopped', () => {
    const whole = start();
    const checkpoints: Uint8Array[] = [];
    while (!isOver(whole)) {
      checkpoints.push(checkpointOf(whole));
      expect(step(whole)).toBe(true);
    }
    expect(checkpoints).toHaveLength(6);
    for (const [round, checkpoint] of checkpoints.entries()) {
      const resumed = start(checkpoint);
      expect(resumed.round).toBe(round);
      while (!isOver(resumed)) step(resumed);
      expect(parametersSha256(resumed.vectors.parameters)).toBe(parametersSha256(whole.vectors.parameters));
    }
  });

  test('[P4] a checkpoint that cannot be read means a start from scratch', () => {
    const live = start();
    step(live);
    const bytes = checkpointOf(live);
    expect(start(bytes.subarray(4)).round).toBe(0);
    const other = bytes.slice();
    other[0] = 0;
    expect(start(other).round).toBe(0);
    expect(decodePooled(bytes, live.vectors.parameters.length + 1, 2)).toBeNull();
  });

  test('tells the core how many micro-batches and images each round has', () => {
    const live = start();
    const seen = [];
    for (;;) {
      const { round, epoch, microBatches, images } = roundStart({ ...live, published: null }, digest);
      seen.push([round, epoch, microBatches, images]);
      if (isOver(live)) break;
      step(live);
    }
    expect(seen).toEqual([
      [0, 0, 2, 0],
      [1, 0, 2, 64],
      [2, 0, 1, 128],
      [3, 1, 2, 140],
      [4, 1, 2, 204],
      [5, 1, 1, 268],
      [6, 2, 0, 280],
    ]);
  });

  test.each([
    { optimizer: 'adam' },
    { optimizer: 'adamw', weight_decay: 0.2 },
    { optimizer: 'sgd' },
    { optimizer: 'sgd', momentum: 0 },
  ] as const)('[P2] has the same bits without SIMD, from its checkpoints too: %j', (optimizer) => {
    const own = trialSpec.parse({ ...spec, ...optimizer });
    const [simd, plain] = [start(null, kernels, own), start(null, null, own)];
    expect(kernels).not.toBeNull();
    while (!isOver(simd)) {
      expect(checkpointOf(plain)).toEqual(checkpointOf(simd));
      step(simd);
      step(plain);
    }
    expect(checkpointOf(plain)).toEqual(checkpointOf(simd));
  });

  test('[P2] says when its parameters are not finite any more', () => {
    for (const module of [kernels, null]) {
      const live = start(null, module);
      const sum = fixedPointBytes(new Float64Array(live.vectors.parameters.length));
      expect(takeRound(live, [sum, sum])).toBe(true);
      live.vectors.parameters[7] = Infinity;
      expect(takeRound(live, [sum])).toBe(false);
    }
  });
});
