import type { SweepPlan } from '@gradpool/coordination';
import { defaultRoomId } from '@gradpool/protocol';
import type { BaselineTask, CellId, Digest, SweepId, TrialId } from '@gradpool/protocol';

/** A made-up id: `kind` is a digit, `index` counts. */
export function simId<Id extends string>(kind: number, index: number): Id {
  return `0000000${kind}-0000-7000-8000-${index.toString(16).padStart(12, '0')}` as Id;
}

/** A made-up digest that names what it stands for. */
export function simDigest(kind: number, index: number): Digest {
  return `${kind}${index.toString(16).padStart(63, '0')}` as Digest;
}

const none = { silhouette: 0, neighbourAccuracy: 0 };
/** What an evaluator says of a map of codes. */
export const simEmbedding = {
  map: { sha256: simDigest(9, 0), bytes: 8 },
  points: 0,
  separation: { codes: none, pca: none, tsne: none },
};

export interface SimSweep {
  /** Distinguishes sweeps; cells of sweep n have their own ids. */
  readonly number: number;
  /** Cost of one trial of each cell, in flops. */
  readonly costs: readonly number[];
  readonly seeds: number;
  readonly epochs: number;
  readonly errorsMax: number;
  readonly baselines: readonly BaselineTask[];
  /** Its trials are trained by many workers together… */
  readonly pooled: SimPooled | null;
  /** …or only those of every other cell. */
  readonly mixed: boolean;
  /** Its worse cells are stopped early; cells are compared in so many groups. */
  readonly halving: { readonly eta: number; readonly minIter: number; readonly groups: number } | null;
}

export interface SimPooled {
  readonly mode: 'exact' | 'local';
  readonly rounds: number;
  readonly microBatches: number;
  /** Of local mode, where a round is as many images as come for it. */
  readonly stalenessMax: number;
}

/** Images of a step in local mode, and most steps of a lane in a round. */
export const simLane = { batch: 4, stepsMax: 8 } as const;

/** A plan as the coordinator's shell makes one. The same description gives the same ids, and so the same hash. */
export function planOf(sweep: SimSweep): SweepPlan {
  const { number, costs, seeds, epochs, errorsMax, baselines, pooled, mixed, halving } = sweep;
  const sweepId = simId<SweepId>(1, number);
  const cellId = (index: number): CellId => simId(2, number * 100_000 + index);
  const groupOf = (index: number) => (halving ? { group: index % halving.groups } : {});
  return {
    sweep: {
      sweepId,
      roomId: defaultRoomId,
      name: `sweep-${number}`,
      specHash: simDigest(1, number * 1_000_000_000 + costs.length * 1000 + seeds),
      spec: {
        name: `sweep-${number}`,
        cells: costs.length,
        seeds,
        ...(halving && { early_terminate: ruleOf(halving) }),
      },
      metric: 'test_mse',
      goal: 'minimize',
      dataset: simDigest(2, 0),
      datasetName: 'simulated',
      codeVersion: '0.0.0',
      errorsMax,
      baselines,
    },
    cells: costs.map((cost, index) => ({
      cellId: cellId(index),
      sweepId,
      index,
      key: simDigest(3, number * 100_000 + index),
      parameters: { latent: index, ...groupOf(index) },
      cost,
    })),
    trials: costs.flatMap((_cost, index) =>
      Array.from({ length: seeds }, (_none, seedIndex) => ({
        trialId: simId<TrialId>(3, (number * 100_000 + index) * 100 + seedIndex),
        cellId: cellId(index),
        seedIndex,
        seed: seedIndex,
        spec: {
          latent: index,
          ...groupOf(index),
          epochs,
          seed: seedIndex,
          ...(pooled && !(mixed && index % 2 === 1) && { pooled: { ...pooled }, validation_images: 100 }),
        },
      })),
    ),
  };
}

const ruleOf = ({ eta, minIter }: NonNullable<SimSweep['halving']>) => {
  return { type: 'asha', eta, min_iter: minIter, compare_within: ['group'] };
};

/** Fences from here on are made up by thieves. */
export const forgedFence = 1_000_000_000;
