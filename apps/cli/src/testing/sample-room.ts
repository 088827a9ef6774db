import {
  noTrials,
  type Leaderboard,
  type LeaseView,
  type RoomStats,
  type SweepView,
  type TrialView,
  type WorkerView,
} from '@gradpool/protocol';

/** Rows for tests: small, complete and literal. `id(7)` is a UUIDv7 that ends in 7. */
const uuid = (n: number): string => `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
export const id = <Branded extends string>(n: number): Branded => uuid(n) as Branded;
const hash = <Branded extends string>(digit: string): Branded => digit.repeat(64) as Branded;

/** A sweep of 9 cells with one seed, of which 4 are done and 2 are being trained. */
export const sampleSweep = (changes: Partial<SweepView> = {}): SweepView => ({
  sweepId: id(1),
  name: 'quickstart',
  state: 'running',
  specHash: hash('a'),
  spec: { parameters: { latent: { values: [2, 8, 32] }, noise: { values: [0, 0.3, 0.9] } } },
  dataset: hash('d'),
  codeVersion: '0.1.0',
  cells: 9,
  cellsDone: 4,
  trials: { ...noTrials, waiting: 3, running: 2, complete: 4 },
  baselinesWaiting: 3,
  epochsSaved: 0,
  pooledRuns: [],
  etaMs: 95_000,
  createdAt: 1_000,
  finishedAt: null,
  ...changes,
});

export const settledSweep = (changes: Partial<SweepView> = {}): SweepView =>
  sampleSweep({
    state: 'complete',
    cellsDone: 9,
    trials: { ...noTrials, complete: 9 },
    baselinesWaiting: 0,
    etaMs: 0,
    finishedAt: 200_000,
    ...changes,
  });

export const sampleLease = (changes: Partial<LeaseView> = {}): LeaseView => ({
  leaseId: id(100),
  kind: 'train',
  trialId: id(50),
  sweepId: id(1),
  label: 'latent 8, noise 0.3, seed 0',
  epoch: 1,
  epochs: 5,
  fraction: 0.5,
  loss: 0.0231,
  imagesPerSecond: 24_310,
  copy: false,
  ...changes,
});

export const sampleWorker = (n: number, changes: Partial<WorkerView> = {}): WorkerView => ({
  workerId: id(200 + n),
  name: `worker-${n}`,
  kind: 'train',
  platform: 'node',
  backend: 'wasm',
  numericClass: 'wasm-simd',
  trusted: false,
  connected: true,
  removed: false,
  slots: 1,
  lastSeenAt: 5_000,
  leases: [sampleLease({ leaseId: id(300 + n), trialId: id(400 + n) })],
  ...{ imagesPerSecond: 24_310, presentMs: 20_000, busyMs: 19_000 },
  trialsCompleted: 1,
  trialsRejected: 0,
  ...{ epochsVerified: 5, imagesVerified: 275_000 },
  ...changes,
});

export const sampleTrial = (n: number, changes: Partial<TrialView> = {}): TrialView => ({
  trialId: id(400 + n),
  sweepId: id(1),
  cellId: id(500 + n),
  parameters: { latent: 8, noise: 0.3 },
  seed: 0,
  state: 'complete',
  attempts: 1,
  errors: 0,
  rungs: null,
  score: 0.0179,
  claimedScore: 0.0179,
  measures: { test_mse: 0.0179 },
  details: null,
  validationMse: 0.0181,
  weights: null,
  workerId: id(201),
  verifiedBy: id(299),
  backend: 'wasm',
  numericClass: 'wasm-simd',
  placement: 'alone',
  bitExact: true,
  segments: [],
  images: 275_000,
  durationMs: 12_000,
  embedding: null,
  errorCode: null,
  errorMessage: null,
  createdAt: 1_000,
  startedAt: 1_000,
  finishedAt: 60_000,
  ...changes,
});

export const sampleStats = (changes: Partial<RoomStats> = {}): RoomStats => ({
  roomState: 'open',
  workersConnected: 3,
  imagesPerSecond: 48_290,
  bytesIn: 12_300_000,
  bytesOut: 45_100_000,
  uptimeMs: 72_000,
  ...changes,
});

/** [latent, noise, mean, ci95?]; with an interval n is 3, without it 1. */
export type SampleCell = readonly [latent: number, noise: number, mean: number, ci95?: number];

/** The table of 2, 8, 32 by 0, 0.3, 0.9 with its baselines. */
export const sampleCells: readonly SampleCell[] = [
  [2, 0, 0.0374],
  [2, 0.3, 0.0384],
  [2, 0.9, 0.0451],
  [8, 0, 0.016],
  [8, 0.3, 0.0179],
  [8, 0.9, 0.0305],
  [32, 0, 0.007],
  [32, 0.3, 0.0108],
  [32, 0.9, 0.0371],
];

export const sampleBoard = (cells = sampleCells, changes: Partial<Leaderboard> = {}): Leaderboard => ({
  sweepId: id(1),
  name: 'quickstart',
  metric: 'test_mse',
  goal: 'minimize',
  rows: cells.map(([latent, noise, mean, ci95], index) => ({
    cellId: id(500 + index),
    parameters: { latent, noise, epochs: 2 },
    n: ci95 === undefined ? 1 : 3,
    mean,
    sd: ci95 === undefined ? null : ci95 / 2.48,
    ci95: ci95 ?? null,
    rank: null,
    measures: { test_mse: mean },
    provenance: { bestTrialId: id(50), numericClasses: ['wasm-simd'], placement: 'alone', bitExact: true, workers: 1 },
  })),
  pruned: [],
  baselines: [
    { baseline: 'mean_image', latent: null, noise: 0, testMse: 0.0675 },
    { baseline: 'identity', latent: null, noise: 0.3, testMse: 0.0466 },
    { baseline: 'identity', latent: null, noise: 0.9, testMse: 0.2324 },
    ...[2, 8, 32].map((latent, index) => ({
      baseline: 'pca' as const,
      latent,
      noise: 0,
      testMse: [0.0557, 0.0374, 0.0168][index] ?? 0,
    })),
    ...[2, 8, 32].flatMap((latent, index) => [
      { baseline: 'linear' as const, latent, noise: 0.3, testMse: [0.0558, 0.0381, 0.0193][index] ?? 0 },
      { baseline: 'linear' as const, latent, noise: 0.9, testMse: [0.0577, 0.0447, 0.0357][index] ?? 0 },
    ]),
  ],
  ...changes,
});
