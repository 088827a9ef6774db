import { createHash, randomUUID } from 'node:crypto';
import type {
  AttemptRow,
  BaselineRow,
  CellRow,
  EmbeddingRow,
  SweepRow,
  TrialRow,
  WorkerRow,
} from '@gradpool/coordination';
import { defaultRoomId } from '@gradpool/protocol';
import type { CellId, Digest, LeaseId, SweepId, TrialId, WorkerId } from '@gradpool/protocol';

/** Whole rows for tests and benchmarks, under fresh ids; a test names only what it is about. */
export const sampleTime = 1_763_740_000_123;

export const sampleDigest = (text: string): Digest => createHash('sha256').update(text).digest('hex') as Digest;
export const sampleWorkerId = (): WorkerId => randomUUID() as WorkerId;

export function sampleSweep(given: Partial<SweepRow> = {}): SweepRow {
  const sweepId = randomUUID() as SweepId;
  return {
    sweepId,
    roomId: defaultRoomId,
    name: 'quickstart',
    specHash: sampleDigest(sweepId),
    earlierHashes: [],
    spec: { parameters: { latent: { values: [2, 8] } } },
    state: 'running',
    metric: 'test_mse',
    goal: 'minimize',
    dataset: sampleDigest(`data of ${sweepId}`),
    datasetName: 'mnist',
    codeVersion: '0.1.0',
    errorsMax: 3,
    baselines: [],
    createdAt: sampleTime,
    finishedAt: null,
    ...given,
  };
}

export function sampleCell(sweep: SweepRow, index: number, given: Partial<CellRow> = {}): CellRow {
  const parameters = { latent: index + 1, noise: 0.3 };
  const key = sampleDigest(JSON.stringify(parameters));
  return { cellId: randomUUID() as CellId, sweepId: sweep.sweepId, index, key, parameters, cost: 1.5e12, ...given };
}

export function sampleTrial(cell: CellRow, seedIndex: number, given: Partial<TrialRow> = {}): TrialRow {
  return {
    trialId: randomUUID() as TrialId,
    sweepId: cell.sweepId,
    cellId: cell.cellId,
    seedIndex,
    seed: 1_000 + seedIndex,
    spec: { dataset: 'mnist', model: 'mlp', latent: 8, noise: 0.3, hidden: [512, 256], seed: 1_000 + seedIndex },
    state: 'waiting',
    fence: 0,
    attempts: 0,
    errors: 0,
    erredWorkers: [],
    rungs: null,
    checkpoint: null,
    workerId: null,
    backend: null,
    claimedScore: null,
    validationMse: null,
    weights: null,
    segments: [],
    images: 0,
    durationMs: null,
    score: null,
    measures: {},
    details: null,
    verifiedBy: null,
    errorCode: null,
    errorMessage: null,
    createdAt: sampleTime,
    startedAt: null,
    finishedAt: null,
    ...given,
  };
}

export function sampleAttempt(trial: TrialRow, given: Partial<AttemptRow> = {}): AttemptRow {
  return {
    leaseId: randomUUID() as LeaseId,
    trialId: trial.trialId,
    number: 1,
    fence: 1,
    workerId: sampleWorkerId(),
    copy: false,
    state: 'running',
    fromEpoch: 0,
    toEpoch: 0,
    errorCode: null,
    errorMessage: null,
    startedAt: sampleTime,
    endedAt: null,
    ...given,
  };
}

export function sampleWorker(given: Partial<WorkerRow> = {}): WorkerRow {
  return {
    workerId: sampleWorkerId(),
    roomId: defaultRoomId,
    name: 'node-0',
    kind: 'train',
    platform: 'node 20 linux',
    backend: 'wasm',
    numericClass: 'wasm simd 4.22.0',
    trusted: true,
    flopsPerSecond: 8.25e9,
    trialsCompleted: 0,
    trialsRejected: 0,
    epochsVerified: 0,
    imagesVerified: 0,
    firstSeenAt: sampleTime,
    lastSeenAt: sampleTime,
    removedAt: null,
    ...given,
  };
}

export function sampleBaseline(sweep: SweepRow, given: Partial<BaselineRow> = {}): BaselineRow {
  return {
    dataset: sweep.dataset,
    baseline: 'pca',
    latent: 8,
    noise: 0,
    testMse: 0.0374,
    workerId: sampleWorkerId(),
    computedAt: sampleTime,
    ...given,
  };
}

export function sampleEmbedding({ trialId }: TrialRow, given: Partial<EmbeddingRow> = {}): EmbeddingRow {
  const apart = { silhouette: 0.25, neighbourAccuracy: 0.875 };
  return {
    trialId,
    map: { sha256: sampleDigest(`map of ${trialId}`), bytes: 36_008 },
    points: 2_000,
    separation: { codes: apart, pca: { silhouette: -0.0625, neighbourAccuracy: 0.5 }, tsne: apart },
    workerId: sampleWorkerId(),
    computedAt: sampleTime,
    ...given,
  };
}
