import { attemptOf, coordinationLimits as limits, workerView } from '@gradpool/coordination';
import type { Effect, Event, State } from '@gradpool/coordination';
import type { LeaseKey, TrialId, WorkerId } from '@gradpool/protocol';
import { judgeMessage } from './judge-leases.ts';
import { judgeTrial, noteAttempt, noteRow } from './judge-rows.ts';
import { checkCounts, checkDeadlines } from './judge-views.ts';
import { fail } from './ledger.ts';
import { forgedFence } from './sim-plan.ts';
import type { World } from './sim-world.ts';
import { snapshot } from './snapshot.ts';

/** Steps one event and judges what came of it. */
export function watchStep(world: World, state: State, event: Event, run: (event: Event) => Effect[]): Effect[] {
  const { ledger } = world;
  ledger.events += 1;
  const key = leaseNamed(event);
  if (key !== null && !isLive(world, state, key.workerId, key.lease)) return watchStale(world, state, event, run);
  noteEvent(world, event);
  const effects = run(event);
  judge(world, state, effects);
  if (ledger.events % 16 === 0) checkCounts(world, state);
  if (ledger.events % 4 === 0) checkDeadlines(world);
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

function noteEvent(world: World, event: Event): void {
  const { ledger } = world;
  noteSigns(world, event);
  if (event.type === 'workerArrived') {
    const { workerId, kind, trusted, slots } = event.worker;
    ledger.workers.set(workerId, { kind, trusted, slots, connected: true, wants: 0 });
  }
  const worker = 'workerId' in event ? ledger.workers.get(event.workerId) : undefined;
  if (worker === undefined) return;
  if (event.type === 'workerLeft' || event.type === 'workerRemoved')
    Object.assign(worker, { connected: false, wants: 0 });
  if (event.type === 'pulled' && worker.connected) worker.wants = event.want;
}

/** Signs of life move the deadlines that the ledger expects; a lost connection brings them forward. */
function noteSigns(world: World, event: Event): void {
  const { deadlines, attempts } = world.ledger;
  const { now } = world.agenda;
  const named =
    event.type === 'heartbeat' ? event.leases : event.type === 'workerArrived' ? event.worker.held : leaseNamed(event);
  const keys = named === null ? [] : 'lease' in named ? [named.lease] : named;
  if (event.type === 'workerArrived') {
    const held = new Set(keys.map(({ leaseId }) => leaseId));
    for (const leaseId of deadlines.keys()) {
      const own = attempts.get(leaseId)?.workerId === event.worker.workerId;
      if (own && !held.has(leaseId)) deadlines.set(leaseId, now);
    }
  }
  if (event.type === 'workerLeft' || event.type === 'workerRemoved') {
    const graceMs = event.type === 'workerRemoved' || event.orderly ? 0 : limits.graceMs;
    for (const [leaseId, deadline] of deadlines) {
      const own = attempts.get(leaseId)?.workerId === event.workerId;
      if (own) deadlines.set(leaseId, Math.min(deadline, now + graceMs));
    }
  }
  for (const { leaseId } of keys) {
    const known = deadlines.get(leaseId);
    if (known !== undefined) deadlines.set(leaseId, Math.max(known, now + limits.leaseMs));
  }
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

/** After a crash: what was not stored never was. */
export function restartLedger(world: World, state: State): void {
  const { ledger, store } = world;
  ledger.figures.restarts += 1;
  const { trials, sweeps, attempts, live, verdicts, workers } = ledger;
  for (const map of [trials, sweeps, attempts, live, verdicts, workers]) map.clear();
  ledger.baselines.clear();
  ledger.embeddings.clear();
  ledger.deadlines.clear();
  ledger.settled.clear();
  ledger.room = [...store.room.values()][0]?.state ?? 'open';
  for (const row of store.sweep.values()) ledger.sweeps.set(row.sweepId, row);
  for (const row of store.trial.values()) ledger.trials.set(row.trialId, row);
  for (const key of store.baseline.keys()) ledger.baselines.add(key);
  for (const { trialId } of store.embedding.values()) ledger.embeddings.add(trialId);
  for (const row of store.attempt.values()) noteAttempt(world, row, new Set());
  const deadline = world.agenda.now + limits.restartGraceMs;
  for (const leaseId of ledger.deadlines.keys()) ledger.deadlines.set(leaseId, deadline);
  for (const row of store.trial.values()) judgeTrial(world, row.trialId);
  checkCounts(world, state);
}
