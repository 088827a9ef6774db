import { describe, expect, test } from '@jest/globals';
import type { RoundStart } from '@gradpool/coordination';
import { mnistManifest, trialSpec, type LocalSpec } from '@gradpool/experiment';
import { codecs, parametersSha256 } from '@gradpool/tensors';
import {
  isLocalOver,
  localCheckpoint,
  localRoundStart,
  nextChange,
  startLocalRun,
  takeChanges,
  type LocalRun,
} from './local-run.ts';

const pooled = { mode: 'local', batch: 16, steps: 4, codec: 'f32', staleness: 2, aggregate: 'mean' } as const;
const published = { parameters: { sha256: 'a'.repeat(64) as never, bytes: 8 }, change: null };

interface Changes {
  readonly epochs?: number;
  readonly codec?: 'f32' | 'int4';
  readonly aggregate?: LocalSpec['aggregate'];
  readonly checkpoint?: Uint8Array;
}

function start(changes: Changes = {}): LocalRun {
  const local = { ...pooled, codec: changes.codec ?? pooled.codec, aggregate: changes.aggregate ?? pooled.aggregate };
  const spec = trialSpec.parse({
    ...{ latent: 2, hidden: [4], seed: 1, epochs: changes.epochs ?? 2, train_images: 640, validation_images: 0 },
    ...{ pooled: local, batch_size: 16 },
  });
  const checkpoint = changes.checkpoint ?? null;
  return startLocalRun({ spec, pooled: local, manifest: mnistManifest, checkpoint, kernels: null });
}

const change = ({ vectors: { parameters }, pooled: { codec } }: LocalRun, value: number, images: number) => ({
  bytes: codecs[codec].encode(new Float32Array(parameters.length).fill(value), { seed: 0, stream: 0 }),
  images,
});

const digest = 'd'.repeat(64) as never;

describe('a run in local mode', () => {
  test('[P5] a short run adds the mean of the changes, each weighed by its images', () => {
    const live = start({ epochs: 1 });
    const before = live.vectors.parameters[5]!;
    expect(takeChanges(live, [change(live, 1, 48), change(live, 5, 16)], 1)).toBe(true);
    expect(live.vectors.parameters[5]).toBeCloseTo(before + 2, 5);
    expect(live).toMatchObject({ round: 1, images: 64 });
  });

  test.each(['mean', 'trimmed_mean'] as const)(
    '[P5] a quarter of a round takes a quarter of the step: %s',
    (aggregate) => {
      for (const epochs of [1, 20]) {
        const [quarter, whole] = [start({ epochs, aggregate }), start({ epochs, aggregate })];
        const before = whole.vectors.parameters[5]!;
        takeChanges(whole, [change(whole, 4, 16)], 1);
        takeChanges(quarter, [change(quarter, 4, 16)], 0.25);
        expect(quarter.vectors.parameters[5]! - before).toBeCloseTo((whole.vectors.parameters[5]! - before) / 4, 5);
      }
    },
  );

  test('[P5] a long one steps along it with Nesterov momentum', () => {
    const live = start({ epochs: 20 });
    const before = live.vectors.parameters[5]!;
    takeChanges(live, [change(live, 1, 64)], 1);
    expect(live.vectors.parameters[5]).toBeCloseTo(before + 0.7, 5);
    takeChanges(live, [change(live, 0, 64)], 1);
    expect(live.vectors.parameters[5]).toBeCloseTo(before + 0.7 * (1 + 0.25 * 0.25), 5);
    for (let round = 2; round < 40; round += 1) takeChanges(live, [change(live, 0, 64)], 1);
    const still = live.vectors.parameters[5]!;
    takeChanges(live, [change(live, 1, 64)], 1);
    expect(live.vectors.parameters[5]).toBeCloseTo(still + 0.7 * 1.9, 3);
    const before41 = live.vectors.parameters[5]!;
    takeChanges(live, [change(live, 0, 16)], 1);
    expect(live.vectors.parameters[5]).toBeCloseTo(before41 + 0.7 * 0.225 ** 2, 2);
  });

  test.each(['trimmed_mean', 'geometric_median'] as const)(
    '[P5] %s: a lane that sends fifty times the opposite does no harm, round after round',
    (aggregate) => {
      const [robust, plain] = [start({ epochs: 20, aggregate }), start({ epochs: 20 })];
      for (let round = 0; round < 8; round += 1) {
        const honest = [0.9, 1, 1.1, 1].map((value) => change(robust, value / 100, 16));
        for (const live of [robust, plain]) takeChanges(live, [...honest, change(live, -0.5, 64)], 1);
      }
      const moved = ({ vectors }: LocalRun): number => vectors.parameters[5]! - start().vectors.parameters[5]!;
      const alone = start({ epochs: 20 });
      for (let round = 0; round < 8; round += 1) takeChanges(alone, [change(alone, 0.01, 64)], 1);
      expect(moved(robust)).toBeGreaterThan(0.9 * moved(alone));
      expect(moved(robust)).toBeLessThan(1.1 * moved(alone));
      expect(moved(plain)).toBeLessThan(-1);
    },
  );

  test('[P6] what int4 loses is made up for by the next changes', () => {
    const live = start({ codec: 'int4', epochs: 20 });
    const worst = (): number =>
      live.vectors.parameters.reduce((most, value, i) => Math.max(most, Math.abs(value - live.vectors.shown[i]!)), 0);
    takeChanges(
      live,
      [{ ...change(live, 1, 64), bytes: codecs.int4.encode(live.vectors.parameters, { seed: 3, stream: 1 }) }],
      1,
    );
    const errors = [0, 1, 2, 3].map(() => {
      nextChange(live);
      return worst();
    });
    expect(errors[0]).toBeGreaterThan(0);
    for (let i = 1; i < errors.length; i += 1) expect(errors[i]).toBeLessThanOrEqual(0.5 * errors[i - 1]!);
  });

  test('[P6] goes on from its checkpoint with the bits of one that never stopped', () => {
    const [whole, stopped] = [start({ epochs: 20 }), start({ epochs: 20 })];
    for (const live of [whole, stopped]) for (const value of [1, -2]) takeChanges(live, [change(live, value, 64)], 1);
    const resumed = start({ epochs: 20, checkpoint: localCheckpoint(stopped) });
    expect(resumed).toMatchObject({ round: 2, images: 128 });
    for (const live of [whole, resumed]) takeChanges(live, [change(live, 0.5, 32)], 1);
    expect(parametersSha256(resumed.vectors.parameters)).toBe(parametersSha256(whole.vectors.parameters));
  });

  test('[P5] tells the core how far it is, and ends when all its images have counted', () => {
    const live = start();
    const startOf = (): RoundStart => localRoundStart({ ...live, published: [published] }, digest);
    expect(startOf()).toMatchObject({ round: 0, rounds: 20, epoch: 0, images: 0 });
    takeChanges(live, [change(live, 0, 640)], 1);
    expect(startOf()).toMatchObject({
      round: 1,
      rounds: 2,
      epoch: 1,
      local: { imagesTotal: 1_280 },
    });
    expect(isLocalOver(live)).toBe(false);
    takeChanges(live, [change(live, 0, 700)], 1);
    expect(startOf()).toMatchObject({ round: 2, rounds: 2, epoch: 2 });
    expect(isLocalOver(live)).toBe(true);
  });

  test('[P5] says when its parameters are not finite any more', () => {
    const live = start();
    live.vectors.parameters[7] = Infinity;
    expect(takeChanges(live, [change(live, 0, 64)], 1)).toBe(false);
  });
});
