import type { BaselineTask, MessageOf, Segment, WorkerId } from '@gradpool/protocol';
import type { Effect, Event, Reply, SweepPlan, WorkerArrival } from './events.ts';
import { createState } from './restart.ts';
import type { AttemptRow, PersistRow, StoredRows, TrialRow } from './rows.ts';
import type { State } from './state.ts';
import { step } from './step.ts';
import { trialsOf } from './views.ts';

const noRows: StoredRows = {
  sweeps: [],
  cells: [],
  trials: [],
  attempts: [],
  workers: [],
  baselines: [],
  embeddings: [],
  rooms: [],
};

/** A UUID-like id from a kind digit and a number. */
export function idOf(kind: number, index: number): string {
  return `0000000${kind}-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

const hash = (text: string): never => text.padStart(64, '0') as never;
const artifact = { sha256: hash('a'), bytes: 4 };

/** A sweep with one cell per cost given, `seeds` trials each; `name` 0 to 9 makes another sweep. */
export function plan(options: {
  readonly cells: readonly number[];
  readonly seeds: number;
  readonly sweep?: number;
  readonly baselines?: readonly BaselineTask[];
  readonly errorsMax?: number;
  readonly epochs?: number;
  readonly hash?: string;
}): SweepPlan {
  const { cells, seeds, sweep = 0, baselines = [], errorsMax = 3, epochs = 10, hash: specHash = `${sweep}` } = options;
  const sweepId = idOf(1, sweep) as never;
  const cellId = (index: number) => idOf(2, sweep * 1000 + index) as never;
  return {
    sweep: {
      sweepId,
      roomId: idOf(0, 0) as never,
      name: `sweep ${sweep}`,
      specHash: hash(specHash),
      spec: { name: `sweep ${sweep}` },
      metric: 'test_mse',
      goal: 'minimize',
      dataset: hash('d'),
      datasetName: 'mnist',
      codeVersion: '0.1.0',
      errorsMax,
      baselines,
    },
    cells: cells.map((cost, index) => ({
      cellId: cellId(index),
      sweepId,
      index,
      key: hash(`${sweep}c${index}`),
      parameters: { latent: index },
      cost,
    })),
    trials: cells.flatMap((_cost, index) =>
      Array.from({ length: seeds }, (_none, seedIndex) => ({
        trialId: idOf(3, sweep * 100_000 + index * 100 + seedIndex) as never,
        cellId: cellId(index),
        seedIndex,
        seed: seedIndex,
        spec: { latent: index, epochs, seed: seedIndex },
      })),
    ),
  };
}

export function workerOf(name: string): WorkerId {
  return idOf(4, name.charCodeAt(0)) as WorkerId;
}

export function trainer(name: string, more: Partial<WorkerArrival> = {}): WorkerArrival {
  return {
    workerId: workerOf(name),
    name,
    kind: 'train',
    platform: 'test',
    backend: 'wasm',
    numericClass: 'wasm-1',
    trusted: false,
    flopsPerSecond: 1,
    slots: 1,
    held: [],
    ...more,
  };
}

export function evaluator(name: string, more: Partial<WorkerArrival> = {}): WorkerArrival {
  return trainer(name, { kind: 'evaluate', trusted: true, ...more });
}

type LeaseMessage = MessageOf<'lease'>;
type Key = Pick<LeaseMessage, 'lease'>;

export function leasesSent(effects: readonly Effect[]): (LeaseMessage & { readonly to: WorkerId })[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === 'lease' ? [{ ...effect.message, to: effect.workerId }] : [],
  );
}

export function settled(effects: readonly Effect[]): MessageOf<'settled'>[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === 'settled' ? [effect.message] : [],
  );
}

export function revoked(effects: readonly Effect[]): (MessageOf<'revoke'> & { readonly to: WorkerId })[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === 'revoke' ? [{ ...effect.message, to: effect.workerId }] : [],
  );
}

export function attemptsStored(effects: readonly Effect[]): AttemptRow[] {
  return effects.flatMap((effect) => (effect.type === 'persist' && effect.table === 'attempt' ? [effect.row] : []));
}

export function trialsStored(effects: readonly Effect[]): TrialRow[] {
  return effects.flatMap((effect) => (effect.type === 'persist' && effect.table === 'trial' ? [effect.row] : []));
}

export function checkpointAt(epoch: number, numericClass = 'wasm-1') {
  return { epoch, artifact, numericClass };
}

/** A state with a clock in hand, and a store beside it that holds what was persisted. */
export interface Room {
  readonly state: State;
  now: number;
  readonly say: (event: Event) => Effect[];
  /** Moves the clock and ticks; returns what the tick did. */
  readonly wait: (ms: number) => Effect[];
  readonly submit: (plan: SweepPlan) => Reply;
  readonly join: (...workers: WorkerArrival[]) => void;
  /** Asks for one lease and returns it. */
  readonly pull: (name: string) => LeaseMessage;
  /** Asks for `want` leases; there may be none yet. */
  readonly ask: (name: string, want?: number) => Effect[];
  readonly result: (name: string, grant: Key, score?: number) => Effect[];
  readonly verdict: (name: string, grant: Key, score: number | null) => Effect[];
  readonly fail: (name: string, grant: Key) => Effect[];
  readonly progress: (name: string, grant: Key, fraction: number) => Effect[];
  readonly checkpoint: (name: string, grant: Key, epoch: number) => Effect[];
  readonly beat: (name: string, ...grants: Key[]) => Effect[];
  readonly trial: (index?: number, sweep?: number) => ReturnType<typeof trialsOf>[number];
  readonly stored: () => StoredRows;
}

export function openRoom(rows: StoredRows = noRows, now = 0): Room {
  const { state } = createState(rows, now);
  const store = new Map<string, PersistRow>();
  const clock = { now };
  let drawn = 0;
  const say = (event: Event): Effect[] => {
    const effects = step(state, event, { now: clock.now, newId: () => idOf(9, (drawn += 1)) });
    for (const effect of effects) if (effect.type === 'persist') store.set(storeKey(effect), effect);
    return effects;
  };
  const ask = (name: string, want = 1): Effect[] => say({ type: 'pulled', workerId: workerOf(name), want });
  return {
    state,
    get now() {
      return clock.now;
    },
    set now(value) {
      clock.now = value;
    },
    say,
    wait: (ms) => {
      clock.now += ms;
      return say({ type: 'ticked' });
    },
    submit: (submitted) => replyOf(say({ type: 'sweepSubmitted', requestId: 'submit', plan: submitted })),
    join: (...workers) => {
      for (const worker of workers) say({ type: 'workerArrived', worker });
    },
    ask,
    pull: (name) => {
      const mine = leasesSent(ask(name)).find(({ to }) => to === workerOf(name));
      if (mine === undefined) throw new Error(`${name} got no lease`);
      return mine;
    },
    result: (name, grant, score = 0.01) => say(trained(name, grant, score)),
    verdict: (name, grant, score) => say(verified(name, grant, score)),
    fail: (name, { lease }) =>
      say({ type: 'erred', workerId: workerOf(name), lease, code: 'E_NAN_LOSS', message: 'the loss became NaN' }),
    progress: (name, { lease }, fraction) => {
      const progress = { lease, epoch: Math.floor(10 * fraction), epochs: 10, fraction, loss: 0.1, imagesPerSecond: 5 };
      return say({ type: 'progressed', workerId: workerOf(name), progress });
    },
    checkpoint: (name, { lease }, epoch) =>
      say({ type: 'checkpointed', workerId: workerOf(name), lease, checkpoint: checkpointAt(epoch) }),
    beat: (name, ...grants) =>
      say({ type: 'heartbeat', workerId: workerOf(name), leases: grants.map(({ lease }) => lease) }),
    trial: (index = 0, sweep = 0) => {
      const found = trialsOf(state, idOf(1, sweep) as never)[index];
      if (found === undefined) throw new Error(`sweep ${sweep} has no trial ${index}`);
      return found;
    },
    stored: () => storedRows([...store.values()]),
  };
}

function storeKey({ table, row }: PersistRow): string {
  switch (table) {
    case 'baseline':
      return `baseline ${row.baseline} ${row.latent} ${row.noise}`;
    case 'attempt':
      return `attempt ${row.leaseId}`;
    case 'trial':
      return `trial ${row.trialId}`;
    case 'cell':
      return `cell ${row.cellId}`;
    case 'worker':
      return `worker ${row.workerId}`;
    case 'sweep':
      return `sweep ${row.sweepId}`;
    case 'embedding':
      return `embedding ${row.trialId}`;
    case 'room':
      return `room ${row.roomId}`;
    default:
      return table satisfies never;
  }
}

function storedRows(entries: readonly PersistRow[]): StoredRows {
  return {
    sweeps: entries.flatMap((entry) => (entry.table === 'sweep' ? [entry.row] : [])),
    cells: entries.flatMap((entry) => (entry.table === 'cell' ? [entry.row] : [])),
    trials: entries.flatMap((entry) => (entry.table === 'trial' ? [entry.row] : [])),
    attempts: entries.flatMap((entry) =>
      entry.table === 'attempt' && entry.row.state === 'running' ? [entry.row] : [],
    ),
    workers: entries.flatMap((entry) => (entry.table === 'worker' ? [entry.row] : [])),
    baselines: entries.flatMap((entry) => (entry.table === 'baseline' ? [entry.row] : [])),
    embeddings: entries.flatMap((entry) => (entry.table === 'embedding' ? [entry.row] : [])),
    rooms: entries.flatMap((entry) => (entry.table === 'room' ? [entry.row] : [])),
  };
}

export function replyOf(effects: readonly Effect[]): Reply {
  const found = effects.find((effect) => effect.type === 'reply');
  if (found === undefined) throw new Error('there was no reply');
  return found.reply;
}

export function trained(name: string, grant: Key, score: number, part: Partial<Segment> = {}): Event {
  return {
    type: 'resulted',
    workerId: workerOf(name),
    lease: grant.lease,
    outcome: {
      kind: 'train',
      score,
      validationMse: null,
      weights: artifact,
      segments: [{ worker: workerOf(name), fromEpoch: 0, toEpoch: 10, numericClass: 'wasm-1', ...part }],
      images: 600,
      durationMs: 10,
    },
  };
}

function verified(name: string, grant: Key, score: number | null): Event {
  const outcome = {
    kind: 'verify',
    score,
    measures: score === null ? {} : { test_mse: score, test_psnr: 20 + score },
    details: null,
    reason: score === null ? 'unreadable' : null,
    durationMs: 1,
  } as const;
  return { type: 'resulted', workerId: workerOf(name), lease: grant.lease, outcome };
}
