import { isDeepStrictEqual } from 'node:util';
import { attemptOf, listSweeps, sweepView, trialsOf, workerView } from '@gradpool/coordination';
import type { AttemptRow, Effect, Event, PersistRow, State, SweepRow, TrialRow } from '@gradpool/coordination';
import type { LeaseId, LeaseKey, MessageOf, SweepId, TrialId, TrialState, WorkerId } from '@gradpool/protocol';
import type { World } from './sim-world.ts';
import { snapshot } from './snapshot.ts';

/**
 * What must hold after every event, judged from outside: from events, effects and views alone.
 *
 *   complete-once   a trial enters `complete` once and stays there, with the figure an evaluator found
 *   never-lost      trials move only along the moves of the SPEC; running ones have a live lease, waiting ones none
 *   one-lease       no two live leases hold one trial, except a declared copy, made while no trial waited
 *   stale-inert     a message that names a lease which is gone changes nothing (the whole state is compared)
 *   restart-same    a state made from the store looks like the one that runs, and needs no repair
 *   fair-failure    failed only after errorsMax errors, on other workers where there were any
 *   right-hands     leases go to connected workers of the right kind with a free slot; nobody verifies their own trial
 *   breadth-first   no trial of a later seed starts while a fresh one of an earlier seed waits in its sweep
 *   store-first     rows stand before messages; a training lease comes with its stored attempt
 *   fence-grows     every delivered lease of a trial has a larger fencing token than the ones before, across restarts
 */
export interface Ledger {
  events: number;
  readonly trials: Map<TrialId, TrialRow>;
  readonly sweeps: Map<SweepId, SweepRow>;
  readonly attempts: Map<LeaseId, AttemptRow>;
  readonly live: Map<TrialId, Set<LeaseId>>;
  readonly workers: Map<WorkerId, WatchedWorker>;
  readonly baselines: Set<string>;
  /** Answers accepted, by lease. */
  readonly settled: Set<LeaseId>;
  /** Highest fence that was ever sent for a trial: the one thing a restart does not forget. */
  readonly fences: Map<TrialId, number>;
  readonly figures: { refusals: number; copies: number; rejections: number; shadowRestarts: number; restarts: number };
}

interface WatchedWorker {
  kind: 'train' | 'evaluate';
  trusted: boolean;
  connected: boolean;
  slots: number;
  wants: number;
}

export function createLedger(): Ledger {
  return {
    events: 0,
    trials: new Map(),
    sweeps: new Map(),
    attempts: new Map(),
    live: new Map(),
    workers: new Map(),
    baselines: new Set(),
    settled: new Set(),
    fences: new Map(),
    figures: { refusals: 0, copies: 0, rejections: 0, shadowRestarts: 0, restarts: 0 },
  };
}

/** A broken invariant, with what is needed to see it again. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

function fail(world: World, invariant: string, what: string): never {
  const { seed, ledger, agenda } = world;
  throw new Violation(`[${invariant}] ${what} (seed ${seed}, event ${ledger.events}, at ${agenda.now} ms)`);
}

/** Steps one event and judges what came of it. */
export function watchStep(world: World, state: State, event: Event, run: (event: Event) => Effect[]): Effect[] {
  const { ledger } = world;
  ledger.events += 1;
  const key = leaseNamed(event);
  if (key !== null && !isLive(world, state, key.workerId, key.lease)) return watchStale(world, state, event, run);
  noteEvent(ledger, event);
  const effects = run(event);
  judge(world, state, effects);
  if (ledger.events % 16 === 0) checkCounts(world, state);
  return effects;
}

function leaseNamed(event: Event): { readonly workerId: WorkerId; readonly lease: LeaseKey } | null {
  switch (event.type) {
    case 'resulted':
    case 'released':
    case 'erred':
    case 'checkpointed':
      return event;
    case 'progressed':
      return { workerId: event.workerId, lease: event.progress.lease };
    default:
      return null;
  }
}

function isLive(world: World, state: State, workerId: WorkerId, key: LeaseKey): boolean {
  const lease = workerView(state, workerId)?.leases.find(({ leaseId }) => leaseId === key.leaseId);
  if (lease === undefined) return false;
  if (lease.kind === 'train') return attemptOf(state, key) !== null;
  return world.ledger.attempts.has(key.leaseId) ? false : key.fence < forgedFence;
}

/** Fences from here on are made up by thieves. */
export const forgedFence = 1_000_000_000;

/** [stale-inert] Whatever was due anyway happens first; then the state before and after must be the same. */
function watchStale(world: World, state: State, event: Event, run: (event: Event) => Effect[]): Effect[] {
  const due = run({ type: 'ticked' });
  judge(world, state, due);
  const before = snapshot(state);
  const effects = run(event);
  world.ledger.figures.refusals += 1;
  if (snapshot(state) !== before) fail(world, 'stale-inert', `a stale ${event.type} changed the state`);
  for (const effect of effects) {
    const { message } = effect.type === 'send' ? effect : { message: null };
    const refused = message?.type === 'revoke' || (message?.type === 'settled' && !message.accepted);
    if (!refused) fail(world, 'stale-inert', `a stale ${event.type} led to ${JSON.stringify(effect)}`);
  }
  return [...due, ...effects];
}

function noteEvent(ledger: Ledger, event: Event): void {
  if (event.type === 'workerArrived') {
    const { workerId, kind, trusted, slots } = event.worker;
    ledger.workers.set(workerId, { kind, trusted, slots, connected: true, wants: 0 });
  }
  const worker = 'workerId' in event ? ledger.workers.get(event.workerId) : undefined;
  if (worker === undefined) return;
  if (event.type === 'workerLeft') Object.assign(worker, { connected: false, wants: 0 });
  if (event.type === 'pulled' && worker.connected) worker.wants = event.want;
}

function judge(world: World, state: State, effects: readonly Effect[]): void {
  const touched = new Set<TrialId>();
  let sent = false;
  for (const effect of effects) {
    if (effect.type === 'persist') {
      if (sent) fail(world, 'store-first', 'a row stands after a message');
      noteRow(world, effect, touched);
    } else {
      sent = true;
      if (effect.type === 'send') judgeMessage(world, state, effect);
    }
  }
  for (const trialId of touched) judgeTrial(world, trialId);
}

function noteRow(world: World, entry: PersistRow, touched: Set<TrialId>): void {
  const { ledger } = world;
  if (entry.table === 'sweep') ledger.sweeps.set(entry.row.sweepId, entry.row);
  if (entry.table === 'trial') {
    judgeMove(world, ledger.trials.get(entry.row.trialId), entry.row);
    ledger.trials.set(entry.row.trialId, entry.row);
    touched.add(entry.row.trialId);
  }
  if (entry.table === 'attempt') noteAttempt(world, entry.row, touched);
  if (entry.table === 'baseline') {
    const { dataset, baseline, latent, noise } = entry.row;
    const key = `${dataset} ${baseline} ${latent} ${noise}`;
    if (ledger.baselines.has(key)) fail(world, 'complete-once', `the baseline ${key} was stored twice`);
    ledger.baselines.add(key);
  }
}

const moves: Readonly<Record<TrialState, readonly TrialState[]>> = {
  // Within one step a trial may go two moves: handed back and granted again, say.
  waiting: ['waiting', 'running', 'cancelled'],
  running: ['running', 'waiting', 'failed', 'verifying', 'cancelled'],
  verifying: ['verifying', 'complete', 'waiting', 'running', 'failed', 'cancelled'],
  complete: ['complete'],
  pruned: ['pruned'],
  failed: ['failed'],
  cancelled: ['cancelled', 'waiting', 'running'],
};

function judgeMove(world: World, before: TrialRow | undefined, row: TrialRow): void {
  const what = `trial ${row.trialId} went from ${before?.state ?? 'nothing'} to ${row.state}`;
  if (before === undefined) {
    if (row.state !== 'waiting' && row.state !== 'running') fail(world, 'never-lost', what);
    return;
  }
  if (!moves[before.state].includes(row.state)) fail(world, 'never-lost', what);
  if (before.state === 'complete') fail(world, 'complete-once', `complete trial ${row.trialId} was written again`);
  if (row.state === 'complete') judgeComplete(world, row);
  if (row.state === 'failed') {
    const errorsMax = world.ledger.sweeps.get(row.sweepId)?.errorsMax ?? Infinity;
    if (row.errors < errorsMax) fail(world, 'fair-failure', `${what} after ${row.errors} errors`);
    if (row.erredWorkers.length !== row.errors)
      fail(world, 'fair-failure', `${what}; its errors are not accounted for`);
  }
}

function judgeComplete(world: World, row: TrialRow): void {
  const { testMse, claimedTestMse, weights, verifiedBy, workerId } = row;
  const actual = weights === null ? undefined : world.artifacts.get(weights.sha256);
  if (typeof actual !== 'number' || testMse === null || claimedTestMse === null) {
    return fail(world, 'complete-once', `trial ${row.trialId} is complete without a figure`);
  }
  if (Math.abs(testMse - actual) > 1e-3 * actual) fail(world, 'complete-once', `${testMse} was not what was found`);
  if (Math.abs(claimedTestMse - testMse) > 0.01 * testMse) fail(world, 'complete-once', `a false claim passed`);
  if (verifiedBy === null || verifiedBy === workerId) fail(world, 'right-hands', `trial ${row.trialId} judged itself`);
}

function noteAttempt(world: World, row: AttemptRow, touched: Set<TrialId>): void {
  const { ledger } = world;
  const before = ledger.attempts.get(row.leaseId);
  if (before !== undefined && before.state !== 'running') {
    fail(world, 'complete-once', `attempt ${row.leaseId} ended twice: ${before.state}, then ${row.state}`);
  }
  if (row.state === 'rejected') ledger.figures.rejections += 1;
  ledger.attempts.set(row.leaseId, row);
  const live = ledger.live.get(row.trialId) ?? new Set();
  ledger.live.set(row.trialId, live);
  if (row.state === 'running' && row.endedAt === null) live.add(row.leaseId);
  else live.delete(row.leaseId);
  touched.add(row.trialId);
}

function judgeTrial(world: World, trialId: TrialId): void {
  const { ledger } = world;
  const row = ledger.trials.get(trialId);
  const live = [...(ledger.live.get(trialId) ?? [])].map((leaseId) => ledger.attempts.get(leaseId) as AttemptRow);
  if (row === undefined) return fail(world, 'never-lost', `an attempt names the unknown trial ${trialId}`);
  if ((row.state === 'running') !== live.length > 0) {
    fail(world, 'never-lost', `trial ${trialId} is ${row.state} with ${live.length} live leases`);
  }
  if (live.length > 2 || (live.length === 2 && !live.some(({ copy }) => copy))) {
    fail(world, 'one-lease', `trial ${trialId} is held by ${live.length} leases`);
  }
  if (live.length === 2 && live[0]?.workerId === live[1]?.workerId) {
    fail(world, 'one-lease', `worker ${live[0]?.workerId} copies itself`);
  }
}

function judgeMessage(world: World, state: State, effect: Extract<Effect, { type: 'send' }>): void {
  const { message, workerId } = effect;
  const { ledger } = world;
  if (message.type === 'lease') judgeLease(world, state, workerId, message);
  if (message.type === 'settled' && message.accepted) {
    if (ledger.settled.has(message.lease.leaseId)) fail(world, 'complete-once', 'one lease was accepted twice');
    ledger.settled.add(message.lease.leaseId);
  }
}

function judgeLease(world: World, state: State, workerId: WorkerId, message: MessageOf<'lease'>): void {
  const { ledger } = world;
  const worker = ledger.workers.get(workerId);
  const view = workerView(state, workerId);
  const { work } = message;
  if (worker === undefined || view === null || !worker.connected || worker.wants < 1) {
    return fail(world, 'right-hands', `${workerId} got a ${work.kind} lease that it did not ask for`);
  }
  worker.wants -= 1;
  if (view.leases.length > worker.slots) fail(world, 'right-hands', `${workerId} holds more leases than it has slots`);
  const kind = work.kind === 'train' ? 'train' : 'evaluate';
  if (worker.kind !== kind) fail(world, 'right-hands', `a ${worker.kind} worker got a ${work.kind} lease`);
  if (kind === 'evaluate' && !worker.trusted) fail(world, 'right-hands', `an untrusted worker got ${work.kind}`);
  const sweep = ledger.sweeps.get(work.sweepId);
  const paused = sweep?.state === 'paused' && work.kind !== 'verify';
  if (sweep === undefined || sweep.state === 'cancelled' || paused) {
    fail(world, 'right-hands', `a ${work.kind} lease of a ${sweep?.state ?? 'missing'} sweep was given`);
  }
  if (work.kind === 'train') judgeTrainLease(world, workerId, message);
  if (work.kind === 'verify' && ledger.trials.get(work.trialId)?.workerId === workerId) {
    fail(world, 'right-hands', `${workerId} was asked to verify its own trial`);
  }
  if (work.kind === 'baseline') {
    for (const { baseline, latent, noise } of work.tasks) {
      const key = `${work.dataset} ${baseline} ${latent} ${noise}`;
      if (ledger.baselines.has(key)) fail(world, 'complete-once', `the stored baseline ${key} is computed again`);
    }
  }
}

function judgeTrainLease(world: World, workerId: WorkerId, { lease, work }: MessageOf<'lease'>): void {
  if (work.kind !== 'train') return;
  const { ledger } = world;
  const row = ledger.trials.get(work.trialId);
  const attempt = ledger.attempts.get(lease.leaseId);
  if (row === undefined || attempt?.fence !== lease.fence || attempt.workerId !== workerId) {
    return fail(world, 'store-first', `lease ${lease.leaseId} has no stored attempt`);
  }
  const others = [...ledger.trials.values()];
  if (work.copy) {
    ledger.figures.copies += 1;
    const waits = others.some(
      ({ state, sweepId }) => state === 'waiting' && ledger.sweeps.get(sweepId)?.state === 'running',
    );
    if (waits) fail(world, 'one-lease', `trial ${work.trialId} was copied while another waited`);
  }
  const earlier = others.some(
    (other) =>
      other.sweepId === row.sweepId &&
      other.state === 'waiting' &&
      other.erredWorkers.length === 0 &&
      other.seedIndex < row.seedIndex,
  );
  if (earlier && !work.copy) fail(world, 'breadth-first', `seed ${row.seedIndex} of ${row.cellId} came too early`);
  if (row.erredWorkers.includes(workerId)) judgeSecondTry(world, row, workerId);
}

/** [fair-failure] A worker that erred on a trial gets it again only where no other one is there for it. */
function judgeSecondTry(world: World, row: TrialRow, workerId: WorkerId): void {
  const { ledger } = world;
  const busy = new Set([...ledger.live.values()].flatMap((live) => [...live]));
  const holds = new Set([...busy].map((leaseId) => ledger.attempts.get(leaseId)?.workerId));
  for (const [otherId, other] of ledger.workers) {
    if (otherId === workerId || other.kind !== 'train' || !other.connected) continue;
    if (row.erredWorkers.includes(otherId) || (other.wants < 1 && !holds.has(otherId))) continue;
    fail(world, 'fair-failure', `${workerId} got trial ${row.trialId} again although ${otherId} is there`);
  }
}

/** The sweeps' own counts, against their trials. */
function checkCounts(world: World, state: State): void {
  for (const view of listSweeps(state, world.agenda.now)) {
    const trials = trialsOf(state, view.sweepId);
    for (const [name, count] of Object.entries(view.trials)) {
      const found = trials.filter((trial) => trial.state === name).length;
      if (found !== count) fail(world, 'never-lost', `${view.name} counts ${count} ${name} trials, there are ${found}`);
    }
    const open = new Set(trials.filter(({ state: at }) => !isEnded(at)).map(({ cellId }) => cellId));
    const cells = new Set(trials.map(({ cellId }) => cellId));
    if (view.cellsDone !== cells.size - open.size) fail(world, 'never-lost', `${view.name} miscounts its cells`);
    const busy = view.trials.waiting + view.trials.running + view.trials.verifying + view.baselinesWaiting;
    if (view.state === 'complete' && busy > 0) fail(world, 'never-lost', `${view.name} is complete with work left`);
    if (view.state === 'running' && busy === 0) fail(world, 'never-lost', `${view.name} has no work left and runs on`);
  }
}

const isEnded = (state: TrialState): boolean => state === 'complete' || state === 'failed' || state === 'pruned';

/** [fence-grows] Called for what really leaves the coordinator. */
export function checkDelivery(world: World, message: Extract<Effect, { type: 'send' }>['message']): void {
  if (message.type !== 'lease' || message.work.kind !== 'train') return;
  const { trialId } = message.work;
  const { fences } = world.ledger;
  const { fence } = message.lease;
  if (fence <= (fences.get(trialId) ?? 0)) fail(world, 'fence-grows', `trial ${trialId} got fence ${fence} again`);
  fences.set(trialId, fence);
}

/** After a crash: what was not stored never was. */
export function restartLedger(world: World, state: State): void {
  const { ledger, store } = world;
  ledger.figures.restarts += 1;
  for (const map of [ledger.trials, ledger.sweeps, ledger.attempts, ledger.live, ledger.workers]) map.clear();
  ledger.baselines.clear();
  ledger.settled.clear();
  for (const row of store.sweep.values()) ledger.sweeps.set(row.sweepId, row);
  for (const row of store.trial.values()) ledger.trials.set(row.trialId, row);
  for (const key of store.baseline.keys()) ledger.baselines.add(key);
  for (const row of store.attempt.values()) noteAttempt(world, row, new Set());
  for (const row of store.trial.values()) judgeTrial(world, row.trialId);
  checkCounts(world, state);
}

/** [restart-same] Both must show the same sweeps, trials and live attempts. */
export function compareRestart(
  world: World,
  running: State,
  restarted: { readonly state: State; readonly effects: readonly Effect[] },
): void {
  const { ledger, agenda } = world;
  ledger.figures.shadowRestarts += 1;
  if (restarted.effects.length > 0) {
    fail(world, 'restart-same', `a restart repaired ${JSON.stringify(restarted.effects[0])}`);
  }
  for (const { sweepId } of listSweeps(running, agenda.now)) {
    const [before, after] = [running, restarted.state].map((state) => sweepView(state, sweepId, agenda.now));
    if (before === null || before === undefined || after === null || after === undefined) {
      return fail(world, 'restart-same', `sweep ${sweepId} is gone`);
    }
    // A given-up baseline is tried again after a restart, and predictions start anew.
    const same = { etaMs: null, baselinesWaiting: 0 };
    if (!isDeepStrictEqual({ ...before, ...same }, { ...after, ...same })) {
      fail(world, 'restart-same', `sweep ${JSON.stringify(before)} became ${JSON.stringify(after)}`);
    }
    if (after.baselinesWaiting < before.baselinesWaiting) fail(world, 'restart-same', 'a baseline was forgotten');
    if (!isDeepStrictEqual(trialsOf(running, sweepId), trialsOf(restarted.state, sweepId))) {
      fail(world, 'restart-same', `the trials of ${before.name} differ`);
    }
  }
  for (const leases of ledger.live.values()) {
    for (const leaseId of leases) {
      const key = { leaseId, fence: ledger.attempts.get(leaseId)?.fence ?? 0 };
      if (!isDeepStrictEqual(attemptOf(running, key), attemptOf(restarted.state, key))) {
        fail(world, 'restart-same', `lease ${leaseId} is not the same`);
      }
    }
  }
}
