import {
  coordinationLimits,
  createState,
  step,
  trialsOf,
  type Effect,
  type Event,
  type State,
} from '@gradpool/coordination';
import {
  defaultRoomId,
  type CellId,
  type MessageOf,
  type SpecJson,
  type SweepId,
  type TrialId,
  type WorkerId,
} from '@gradpool/protocol';
import { after, createAgenda, runNext, type Agenda } from './agenda.ts';
import { createRandom } from './random.ts';
import { simDigest, simId } from './sim-plan.ts';

/** A training that was recorded: the validation error after each epoch, shorter where it failed. */
export interface RecordedCell {
  readonly parameters: SpecJson;
  readonly epochs: number;
  readonly validation: readonly number[];
}

export interface CurveSearchCase {
  readonly cells: readonly RecordedCell[];
  /** The sweep's key of that name; null trains every cell to its end. */
  readonly earlyTerminate: SpecJson | null;
  readonly workers: number;
  /** Of the workers' speeds, which decide the order in which figures come. */
  readonly seed: number;
}

export interface CurveSearchReport {
  /** Epochs trained in all. */
  readonly epochs: number;
  /** Cells that were trained to their ends, by their place in `cells`. */
  readonly finished: readonly number[];
  readonly pruned: number;
}

/**
 * The real core over recorded trainings, with workers of uneven speed on a virtual clock: what early termination would have
 * trained, and what it would have found.
 */
export function searchByCurves(given: CurveSearchCase): CurveSearchReport {
  const { state } = createState(
    { sweeps: [], cells: [], trials: [], attempts: [], workers: [], baselines: [], rooms: [], embeddings: [] },
    0,
  );
  const search: Search = { given, state, agenda: createAgenda(0), speeds: new Map(), epochs: 0, drawn: 0 };
  accept(search, { type: 'sweepSubmitted', requestId: 'search', plan: planFor(given) });
  const random = createRandom(given.seed, 'curve search');
  for (let index = 0; index < given.workers; index += 1) {
    const speed = Math.exp(0.5 * random.normal());
    const workerId = simId<WorkerId>(4, index);
    search.speeds.set(workerId, speed);
    const described = {
      name: `worker-${index}`,
      platform: 'simulated',
      backend: 'wasm',
      numericClass: 'wasm',
      slots: 1,
    };
    accept(search, {
      type: 'workerArrived',
      worker: {
        ...described,
        workerId,
        kind: 'train',
        trusted: false,
        flopsPerSecond: (1000 * speed) / epochMs,
        held: [],
      },
    });
    after(search.agenda, random.between(0, 1_000), () => {
      accept(search, { type: 'pulled', workerId, want: 1 });
    });
    beat(search, workerId);
  }
  while (trialsOf(state, sweepId).some(({ state: at }) => at === 'waiting' || at === 'running')) {
    if (!runNext(search.agenda)) throw new Error('the search stands still');
  }
  const ended = trialsOf(state, sweepId);
  const finished = ended.flatMap(({ state: at }, index) => (at === 'verifying' ? [index] : []));
  return { epochs: search.epochs, finished, pruned: ended.filter(({ state: at }) => at === 'pruned').length };
}

interface Search {
  readonly given: CurveSearchCase;
  readonly state: State;
  readonly agenda: Agenda;
  /** Of each worker, in epochs per `epochMs`: what the core makes of its progress is an estimate only. */
  readonly speeds: Map<WorkerId, number>;
  epochs: number;
  drawn: number;
}

const sweepId = simId<SweepId>(1, 0);
/** Virtual ms that an epoch takes a worker of speed 1. */
const epochMs = 4_000;

function accept(search: Search, event: Event): void {
  const newId = (): string => simId(9, (search.drawn += 1));
  const effects: Effect[] = step(search.state, event, { now: search.agenda.now, newId });
  for (const effect of effects) {
    if (effect.type === 'send' && effect.message.type === 'lease') train(search, effect.workerId, effect.message);
  }
}

/** Nobody dies here: all leases live as long as they are worked on. */
function beat(search: Search, workerId: WorkerId): void {
  after(search.agenda, coordinationLimits.heartbeatMs, () => {
    const leases = [...search.state.leases.values()].filter((lease) => lease.workerId === workerId);
    accept(search, { type: 'heartbeat', workerId, leases: leases.map(({ leaseId, fence }) => ({ leaseId, fence })) });
    beat(search, workerId);
  });
}

/** From its checkpoint to where the lease ends, or to where the recorded training failed. */
function train(search: Search, workerId: WorkerId, { lease, work }: MessageOf<'lease'>): void {
  if (work.kind !== 'train') return;
  const index = Number(work.spec['index']);
  const { validation, epochs } = search.given.cells[index]!;
  const from = work.resume?.epoch ?? 0;
  const until = work.stopAfter ?? epochs;
  const to = Math.min(until, validation.length);
  const speed = search.speeds.get(workerId)!;
  after(search.agenda, ((to - from + (to < until ? 1 : 0)) * epochMs) / speed, () => {
    search.epochs += to - from;
    accept(search, endOf({ workerId, lease, validation, to, until, stops: work.stopAfter !== undefined }));
    accept(search, { type: 'pulled', workerId, want: 1 });
  });
}

interface Stretch extends Pick<MessageOf<'lease'>, 'lease'> {
  readonly workerId: WorkerId;
  readonly validation: readonly number[];
  readonly to: number;
  readonly until: number;
  readonly stops: boolean;
}

function endOf({ workerId, lease, validation, to, until, stops }: Stretch): Event {
  if (to < until) return { type: 'erred', workerId, lease, code: 'E_NAN_LOSS', message: 'the loss became NaN' };
  const last = validation[to - 1]!;
  const artifact = { sha256: simDigest(8, 0), bytes: 8 };
  if (stops) {
    const rung = { epoch: to, validation: last };
    const checkpoint = { epoch: to, artifact, numericClass: 'wasm' };
    return { type: 'released', workerId, lease, reason: 'as asked', checkpoint, rung };
  }
  const segments = [{ worker: workerId, fromEpoch: 0, toEpoch: to, numericClass: 'wasm' }];
  const figures = { score: last, validationMse: last, images: 0, durationMs: 0 };
  return { type: 'resulted', workerId, lease, outcome: { kind: 'train', weights: artifact, segments, ...figures } };
}

function planFor({ cells, earlyTerminate }: CurveSearchCase): Extract<Event, { type: 'sweepSubmitted' }>['plan'] {
  return {
    sweep: {
      ...{
        sweepId,
        roomId: defaultRoomId,
        name: 'search',
        specHash: simDigest(1, 0),
        metric: 'test_mse',
        goal: 'minimize',
      },
      ...{ dataset: simDigest(2, 0), datasetName: 'recorded', codeVersion: '0.0.0', errorsMax: 1, baselines: [] },
      spec: earlyTerminate === null ? {} : { early_terminate: earlyTerminate },
    },
    cells: cells.map(({ parameters, epochs }, index) => {
      return { cellId: simId<CellId>(2, index), sweepId, index, key: simDigest(3, index), parameters, cost: epochs };
    }),
    trials: cells.map(({ parameters, epochs }, index) => {
      const spec = { ...parameters, epochs, index };
      return { trialId: simId<TrialId>(3, index), cellId: simId<CellId>(2, index), seedIndex: 0, seed: 0, spec };
    }),
  };
}
