import fc, { type Arbitrary } from 'fast-check';
import type { z } from 'zod';
import type { ClientMessage, ServerMessage } from './messages.ts';
import type { leaderboardRow, roomStats, sweepView, trialView, workerView } from './views.ts';
import type { outcome, work } from './work.ts';

/**
 * For tests: arbitrary valid messages, one arbitrary per type, so that a new type without one does not compile.
 * Numbers leave out -0, which travels as 0, and text leaves out lone surrogates, which no UTF-8 can carry.
 */
type Input<Schema extends z.ZodType> = z.input<Schema>;

const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => (value === 0 ? 0 : value));
const positive = finite.map(Math.abs);
const textOf = (minLength: number, maxLength: number): Arbitrary<string> =>
  fc.string({ unit: 'grapheme', minLength, maxLength }).filter((text) => text.length <= maxLength);
const text = textOf(0, 200);
const name = textOf(1, 64).filter((value) => value.length > 0);
const uuid = fc.uuid({ version: 7 });
const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const orNull = <Value>(value: Arbitrary<Value>): Arbitrary<Value | null> => fc.option(value, { nil: null });
const some = <Value>(value: Arbitrary<Value>, minLength = 0): Arbitrary<Value[]> =>
  fc.array(value, { minLength, maxLength: 4 });

const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    finite,
    fc.integer(),
    text,
    some(tie('value')),
    fc.dictionary(textOf(0, 20), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;
const noProto = (value: unknown): boolean => !JSON.stringify(value).includes('"__proto__"');
const spec = fc.dictionary(textOf(0, 20), json, { maxKeys: 8, noNullPrototype: true }).filter(noProto) as Arbitrary<
  Record<string, null>
>;

const artifactFields = { sha256: digest, bytes: whole };
const artifact = fc.record(artifactFields);
const checkpoint = fc.record({ epoch: whole, artifact, numericClass: text });
const lease = fc.record({ leaseId: uuid, fence: whole });
const point = fc.record({ epoch: whole, name, value: finite });
const segmentFields = { worker: name, fromEpoch: whole, toEpoch: whole, numericClass: text };
const segment = fc.record(segmentFields);
const baseline = {
  baseline: fc.constantFrom('mean_image' as const, 'identity' as const, 'pca' as const, 'linear' as const),
  latent: orNull(whole),
  noise: finite,
};
const measures = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/), finite, {
  maxKeys: 4,
  noNullPrototype: true,
});
const apart = fc.record({ silhouette: finite, neighbourAccuracy: finite });
const separation = fc.record({ codes: apart, pca: apart, tsne: apart });
const fromOne = fc.integer({ min: 1, max: 10_000 });
const rungFigure = fc.record({ epoch: fromOne, validation: finite });
const versions = fc.record({ min: whole, max: whole });
const kind = fc.constantFrom('train' as const, 'evaluate' as const);

const anyOutcome: Arbitrary<Input<typeof outcome>> = fc.oneof(
  fc.record({
    kind: fc.constant('train' as const),
    score: finite,
    validationMse: orNull(finite),
    weights: artifact,
    segments: some(segment, 1),
    images: whole,
    durationMs: whole,
  }),
  fc.record({
    kind: fc.constant('verify' as const),
    score: orNull(finite),
    measures,
    details: orNull(artifact),
    reason: orNull(text),
    durationMs: whole,
  }),
  fc.record({
    kind: fc.constant('baseline' as const),
    values: some(fc.record({ ...baseline, testMse: finite })),
    durationMs: whole,
  }),
  fc.record({
    kind: fc.constant('embed' as const),
    map: artifact,
    points: whole,
    separation,
    durationMs: whole,
  }),
  fc.record({ kind: fc.constant('validate' as const), validationMse: finite, durationMs: whole }),
  fc.record({
    kind: fc.constant('micro' as const),
    round: whole,
    sum: orNull(artifact),
    loss: finite,
    images: whole,
    durationMs: whole,
  }),
  fc.record({
    kind: fc.constant('lane' as const),
    round: whole,
    delta: orNull(artifact),
    loss: finite,
    images: whole,
    durationMs: whole,
  }),
);

const trainWork = {
  kind: fc.constant('train' as const),
  sweepId: uuid,
  trialId: uuid,
  spec,
  dataset: digest,
  metric: name,
  attempt: whole,
  resume: orNull(checkpoint),
  copy: fc.boolean(),
};

const anyWork: Arbitrary<Input<typeof work>> = fc.oneof(
  fc.record(trainWork),
  fc.record({ ...trainWork, stopAfter: fromOne }),
  fc.record({
    kind: fc.constant('verify' as const),
    sweepId: uuid,
    trialId: uuid,
    spec,
    dataset: digest,
    metric: name,
    weights: artifact,
  }),
  fc.record({
    kind: fc.constant('baseline' as const),
    sweepId: uuid,
    dataset: digest,
    datasetName: name,
    tasks: some(fc.record(baseline), 1),
  }),
  fc.record({
    kind: fc.constant('embed' as const),
    sweepId: uuid,
    trialId: uuid,
    spec,
    dataset: digest,
    weights: artifact,
  }),
  fc.record({
    kind: fc.constant('validate' as const),
    sweepId: uuid,
    trialId: uuid,
    spec,
    dataset: digest,
    epoch: fromOne,
    parameters: artifact,
  }),
  fc.record({
    kind: fc.constant('micro' as const),
    sweepId: uuid,
    trialId: uuid,
    spec,
    dataset: digest,
    round: whole,
    from: whole,
    to: whole,
    parameters: orNull(artifact),
    copy: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('lane' as const),
    sweepId: uuid,
    trialId: uuid,
    spec,
    dataset: digest,
    round: whole,
    lane: whole,
    first: whole,
    steps: whole,
    msMax: whole,
    done: whole,
    planned: whole,
    parameters: orNull(artifact),
    changes: some(fc.record({ from: digest, change: artifact })),
  }),
);

const roomState = fc.constantFrom('open' as const, 'ended' as const);

const stats: Arbitrary<Input<typeof roomStats>> = fc.record({
  roomState,
  workersConnected: whole,
  imagesPerSecond: finite,
  bytesIn: whole,
  bytesOut: whole,
  uptimeMs: whole,
});

const sweep: Arbitrary<Input<typeof sweepView>> = fc.record({
  sweepId: uuid,
  name,
  state: fc.constantFrom('running' as const, 'paused' as const, 'complete' as const, 'cancelled' as const),
  specHash: digest,
  spec,
  dataset: digest,
  codeVersion: text,
  cells: whole,
  cellsDone: whole,
  trials: fc.record({
    waiting: whole,
    running: whole,
    verifying: whole,
    complete: whole,
    pruned: whole,
    failed: whole,
    cancelled: whole,
  }),
  baselinesWaiting: whole,
  epochsSaved: whole,
  pooledRuns: some(
    fc.record({
      trialId: uuid,
      round: whole,
      rounds: whole,
      images: whole,
      imagesPerSecond: finite,
      loss: orNull(finite),
      validation: orNull(fc.record({ epoch: whole, mse: finite })),
      bytesUp: whole,
      bytesDown: whole,
      refused: whole,
      parameters: digest,
      local: orNull(fc.record({ lanes: whole, staleness: whole, late: whole })),
      helpers: some(
        fc.record({
          ...{ workerId: uuid, name, images: whole, imagesPerSecond: finite },
          pace: fc.constantFrom('even' as const, 'slow' as const, 'away' as const),
        }),
      ),
    }),
  ),
  etaMs: orNull(whole),
  createdAt: whole,
  finishedAt: orNull(whole),
});

const leaseView = fc.record({
  leaseId: uuid,
  kind: fc.constantFrom('train' as const, 'verify' as const, 'baseline' as const, 'embed' as const, 'lane' as const),
  trialId: orNull(uuid),
  sweepId: uuid,
  label: text,
  epoch: whole,
  epochs: whole,
  fraction: finite,
  loss: orNull(finite),
  imagesPerSecond: finite,
  copy: fc.boolean(),
});

const worker: Arbitrary<Input<typeof workerView>> = fc.record({
  workerId: uuid,
  name,
  kind,
  platform: name,
  backend: text,
  numericClass: text,
  trusted: fc.boolean(),
  connected: fc.boolean(),
  removed: fc.boolean(),
  slots: whole,
  lastSeenAt: whole,
  leases: some(leaseView),
  imagesPerSecond: finite,
  presentMs: whole,
  busyMs: whole,
  trialsCompleted: whole,
  trialsRejected: whole,
  epochsVerified: whole,
  imagesVerified: whole,
});

const trial: Arbitrary<Input<typeof trialView>> = fc.record({
  trialId: uuid,
  sweepId: uuid,
  cellId: uuid,
  parameters: spec,
  seed: whole,
  state: fc.constantFrom('waiting' as const, 'running' as const, 'complete' as const, 'failed' as const),
  attempts: whole,
  errors: whole,
  rungs: orNull(
    fc.record({
      untilEpoch: whole,
      figures: some(rungFigure),
      pruned: orNull(fc.record({ epoch: whole, place: whole, of: whole, kept: whole, mean: finite })),
    }),
  ),
  score: orNull(finite),
  claimedScore: orNull(finite),
  measures,
  details: orNull(artifact),
  validationMse: orNull(finite),
  weights: orNull(artifact),
  workerId: orNull(uuid),
  verifiedBy: orNull(uuid),
  backend: orNull(text),
  numericClass: orNull(text),
  placement: fc.constantFrom('alone' as const, 'exact' as const, 'local' as const),
  bitExact: fc.boolean(),
  segments: some(fc.record({ ...segmentFields, workerName: orNull(name) })),
  images: whole,
  durationMs: orNull(whole),
  embedding: orNull(fc.record({ map: artifact, points: whole, separation, computedAt: whole })),
  errorCode: orNull(text),
  errorMessage: orNull(text),
  createdAt: whole,
  startedAt: orNull(whole),
  finishedAt: orNull(whole),
});

const row: Arbitrary<Input<typeof leaderboardRow>> = fc.record({
  cellId: uuid,
  parameters: spec,
  n: whole,
  mean: finite,
  sd: orNull(finite),
  ci95: orNull(finite),
  rank: orNull(whole),
  measures,
  provenance: fc.record({
    bestTrialId: uuid,
    numericClasses: some(text),
    placement: fc.constantFrom('alone' as const, 'exact' as const, 'local' as const),
    bitExact: fc.boolean(),
    workers: whole,
  }),
});

const hello = fc.record({
  name,
  kind,
  platform: name,
  backend: text,
  numericClass: text,
  flopsPerSecond: positive,
  slots: fc.integer({ min: 1, max: 64 }),
  codeVersion: text,
  identity: orNull(fc.record({ workerId: uuid, secret: textOf(0, 128) })),
  held: some(lease),
});

const vectorPart = {
  total: fc.integer({ min: 1, max: 1_000_000 }),
  offset: whole,
  bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
};

type ArbitraryOf<Message extends { type: string }> = Readonly<Record<Message['type'], Arbitrary<unknown>>>;

const is = <Type extends string>(type: Type) => fc.constant(type);

const clientTypes: ArbitraryOf<ClientMessage> = {
  hello: fc.record({ type: is('hello'), versions, role: fc.constant('worker'), worker: hello }),
  watch: fc.record({ type: is('watch'), versions }),
  pull: fc.record({ type: is('pull'), want: fc.integer({ min: 0, max: 64 }) }),
  heartbeat: fc.record({ type: is('heartbeat'), leases: some(lease) }),
  progress: fc.record({
    type: is('progress'),
    lease,
    epoch: whole,
    epochs: whole,
    fraction: share,
    loss: orNull(finite),
    imagesPerSecond: positive,
    points: some(point),
  }),
  pictures: fc.record({
    type: is('pictures'),
    lease,
    epoch: fromOne,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  }),
  checkpoint: fc.record({ type: is('checkpoint'), lease, checkpoint }),
  vector: fc.record({ type: is('vector'), lease, ...vectorPart }),
  result: fc.record({ type: is('result'), lease, outcome: anyOutcome }),
  release: fc.oneof(
    fc.record({ type: is('release'), lease, reason: text, checkpoint: orNull(checkpoint) }),
    fc.record({ type: is('release'), lease, reason: text, checkpoint: orNull(checkpoint), rung: rungFigure }),
  ),
  failed: fc.record({ type: is('failed'), lease, code: name, message: text }),
  bye: fc.record({ type: is('bye'), reason: text }),
};

const serverTypes: ArbitraryOf<ServerMessage> = {
  welcome: fc.record({
    type: is('welcome'),
    version: whole,
    workerId: uuid,
    secret: orNull(textOf(0, 128)),
    heartbeatMs: whole,
    leaseMs: whole,
    codeVersion: text,
  }),
  parameters: fc.record({ type: is('parameters'), trialId: uuid, round: whole, from: orNull(whole), ...vectorPart }),
  lease: fc.record({ type: is('lease'), lease, leaseMs: whole, work: anyWork }),
  settled: fc.record({
    type: is('settled'),
    lease,
    accepted: fc.boolean(),
    code: orNull(name),
    message: orNull(text),
  }),
  revoke: fc.record({ type: is('revoke'), lease, code: name, message: text, checkpointFirst: fc.boolean() }),
  room: fc.record({ type: is('room'), state: roomState, message: text }),
  snapshot: fc.record({ type: is('snapshot'), version: whole, sweeps: some(sweep), workers: some(worker), stats }),
  changes: fc.record({
    type: is('changes'),
    sweeps: some(sweep),
    workers: some(worker),
    trials: some(trial),
    cells: some(fc.record({ sweepId: uuid, row })),
    points: some(fc.record({ trialId: uuid, attempt: whole, point })),
    pictures: some(fc.record({ trialId: uuid, epoch: whole, ...artifactFields })),
    stats,
  }),
  error: fc.record({ type: is('error'), code: name, message: text }),
  credited: fc.record({
    type: is('credited'),
    trialsCompleted: whole,
    trialsRejected: whole,
    epochsVerified: whole,
    imagesVerified: whole,
  }),
  closing: fc.record({ type: is('closing'), reconnectMs: whole, message: text }),
};

export const clientMessages = clientTypes as Readonly<Record<ClientMessage['type'], Arbitrary<ClientMessage>>>;
export const serverMessages = serverTypes as Readonly<Record<ServerMessage['type'], Arbitrary<ServerMessage>>>;
export const anyClientMessage = fc.oneof(...Object.values(clientMessages));
export const anyServerMessage = fc.oneof(...Object.values(serverMessages));
