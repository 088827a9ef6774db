import { wireLimits, type LeaseId, type LeaseKey, type MessageOf, type Work } from '@gradpool/protocol';
import { backoffMs } from './backoff.ts';
import {
  hasUnsent,
  noProgress,
  progressDueAt,
  progressLost,
  remainingMs,
  takePictures,
  takeProgress,
} from './lease-progress.ts';
import type { Ending, HeldLease, SessionEffect, SessionEnv, SessionState } from './session-state.ts';

/** One call of `stepSession`: the state it changes, its arguments, and the effects so far. */
export interface Turn {
  readonly state: SessionState;
  readonly env: SessionEnv;
  readonly effects: SessionEffect[];
}

const occupiesSlot = ({ phase }: HeldLease): boolean =>
  phase === 'working' || phase === 'stopping' || phase === 'dropping';

/** Leases that the coordinator should hear of: all but those it has revoked. */
export const heldKeys = (state: SessionState): LeaseKey[] =>
  [...state.leases.values()].filter(({ phase }) => phase !== 'dropping').map(({ lease }) => lease);

export const isJoined = (state: SessionState): boolean => state.connection.phase === 'joined';

const sameLease = (held: HeldLease, lease: LeaseKey): boolean => held.lease.fence === lease.fence;

/** [L4] More leases than slots are queued; [L5] a repeated one is ignored. */
export function takeLease(turn: Turn, { lease, work }: MessageOf<'lease'>): void {
  const { state } = turn;
  if (state.connection.phase === 'joined') state.connection.wanted = Math.max(0, state.connection.wanted - 1);
  if (state.leases.has(lease.leaseId)) return;
  const held: HeldLease = {
    lease,
    work,
    phase: 'queued',
    ending: null,
    vector: null,
    finishBy: null,
    checkpoint: work.kind === 'train' ? work.resume : null,
    progress: noProgress(),
  };
  state.leases.set(lease.leaseId, held);
  if (state.drain || state.paused) stopLease(turn, held, stopReason(state));
  else startQueued(turn);
}

/** One line for people. */
function describeWork(work: Work): string {
  if (work.kind === 'baseline') return `computing ${work.tasks.length} baseline(s) of ${work.datasetName}`;
  const words = ['model', 'latent', 'noise', 'seed'].flatMap((key) => {
    const value = work.spec[key];
    return value === undefined ? [] : [`${key} ${JSON.stringify(value)}`];
  });
  if (work.kind === 'embed') return `mapping the codes of ${words.join(', ')} (trial ${work.trialId})`;
  if (work.kind === 'validate') return `validating epoch ${work.epoch} of ${words.join(', ')} (trial ${work.trialId})`;
  if (work.kind === 'micro') {
    return `round ${work.round}, micro-batches ${work.from} to ${work.to - 1} of ${words.join(', ')} (trial ${work.trialId})`;
  }
  if (work.kind === 'lane') {
    return `round ${work.round}, lane ${work.lane} of ${words.join(', ')} (trial ${work.trialId})`;
  }
  const from = work.kind === 'train' && work.resume ? `, from epoch ${work.resume.epoch}` : '';
  return `${work.kind === 'train' ? 'training' : 'verifying'} ${words.join(', ')}${from} (trial ${work.trialId})`;
}

export function startQueued({ state, effects }: Turn): void {
  if (state.drain || state.paused) return;
  let busy = [...state.leases.values()].filter(occupiesSlot).length;
  for (const held of state.leases.values()) {
    if (busy >= state.options.hello.slots) return;
    if (held.phase !== 'queued') continue;
    held.phase = 'working';
    busy += 1;
    // Rounds follow each other many times a second.
    const level = held.work.kind === 'micro' || held.work.kind === 'lane' ? 'debug' : 'info';
    effects.push({ type: 'log', level, message: describeWork(held.work) });
    effects.push({ type: 'begin', lease: held.lease, work: held.work });
  }
}

/** [L1] Asks for as many leases as there are free slots, where that is more than was asked for already. */
export function pull({ state, env, effects }: Turn): void {
  const { connection } = state;
  if (connection.phase !== 'joined' || state.drain || state.paused || env.now < state.pullAt) return;
  const taken = [...state.leases.values()].filter((held) => occupiesSlot(held) || held.phase === 'queued').length;
  const want = state.options.hello.slots - taken;
  if (want <= connection.wanted) return;
  connection.wanted = want;
  effects.push({ type: 'send', message: { type: 'pull', want } });
}

/** [S1] */
export function revokeLease(turn: Turn, { lease, code, message, checkpointFirst }: MessageOf<'revoke'>): void {
  const held = turn.state.leases.get(lease.leaseId);
  if (!held || !sameLease(held, lease) || held.phase === 'dropping') return;
  turn.effects.push({ type: 'log', level: 'info', message: `lease revoked: ${code}: ${message}` });
  if (checkpointFirst) {
    if (held.phase !== 'ended' && held.phase !== 'stopping') stopLease(turn, held, code);
  } else if (occupiesSlot(held)) {
    held.phase = 'dropping';
    turn.effects.push({ type: 'stop', leaseId: lease.leaseId, how: 'drop', reason: code });
  } else {
    turn.state.leases.delete(lease.leaseId);
  }
}

/** [R2] The ending has arrived, accepted or not. */
export function settleLease({ state, effects }: Turn, { lease, accepted, code, message }: MessageOf<'settled'>): void {
  const held = state.leases.get(lease.leaseId);
  if (!held || !sameLease(held, lease) || held.phase !== 'ended') return;
  state.leases.delete(lease.leaseId);
  if (accepted) effects.push({ type: 'log', level: 'info', message: `${held.ending?.type ?? 'ending'} accepted` });
  else {
    effects.push({
      type: 'log',
      level: 'warn',
      message: `${held.ending?.type ?? 'ending'} refused: ${code}: ${message}`,
    });
  }
}

/** Stops a lease so that it can go on elsewhere: at once where it has not begun, else through the runner. */
function stopLease(turn: Turn, held: HeldLease, reason: string): void {
  held.finishBy = null;
  if (held.phase === 'queued') {
    endLease(turn, held, { type: 'release', lease: held.lease, reason, checkpoint: held.checkpoint });
  } else if (held.phase === 'working') {
    held.phase = 'stopping';
    turn.effects.push({ type: 'stop', leaseId: held.lease.leaseId, how: 'checkpoint', reason });
  }
}

/** The work of a lease has stopped. A dropped or revoked one is forgotten, any other waits for `settled`. */
export function workStopped(turn: Turn, leaseId: LeaseId, makeEnding: (held: HeldLease) => Ending | null): void {
  const held = turn.state.leases.get(leaseId);
  if (!held || !occupiesSlot(held)) return;
  const ending = held.phase === 'dropping' ? null : makeEnding(held);
  if (!ending) turn.state.leases.delete(leaseId);
  else if (held.vector && isJoined(turn.state)) return endWithVector(turn, held, ending);
  else endLease(turn, held, ending);
  startQueued(turn);
  pull(turn);
}

/** [M2] The slot asks for more before the vector goes out, which may take long. */
function endWithVector(turn: Turn, held: HeldLease, ending: Ending): void {
  held.phase = 'ended';
  held.ending = ending;
  if (held.work.kind === 'micro') turn.effects.push({ type: 'send', message: computed(held.lease) });
  startQueued(turn);
  pull(turn);
  sayEnding(turn, held);
}

const computed = (lease: LeaseKey): MessageOf<'progress'> => ({
  ...{ type: 'progress', lease, epoch: 0, epochs: 0, fraction: 1, loss: null, imagesPerSecond: 0, points: [] },
});

function endLease(turn: Turn, held: HeldLease, ending: Ending): void {
  held.phase = 'ended';
  held.ending = ending;
  if (isJoined(turn.state)) sayEnding(turn, held);
}

/** The last points go before the ending, so that a settled lease has none left to say. */
function sayEnding(turn: Turn, held: HeldLease): void {
  while (hasUnsent(held.progress)) sendProgress(turn, held);
  if (!held.ending) return;
  if (held.vector) sendVector(turn, held.lease, held.vector);
  turn.effects.push({ type: 'send', message: held.ending });
}

/** [M2] */
function sendVector({ effects }: Turn, lease: LeaseKey, vector: Uint8Array): void {
  const { vectorPartBytesMax } = wireLimits;
  for (let offset = 0; offset < vector.length; offset += vectorPartBytesMax) {
    const bytes = vector.subarray(offset, offset + vectorPartBytesMax);
    effects.push({ type: 'send', message: { type: 'vector', lease, total: vector.length, offset, bytes } });
  }
}

function sendProgress({ state, env, effects }: Turn, { progress, lease }: HeldLease): void {
  const { limits } = state.options;
  effects.push({ type: 'send', message: takeProgress(progress, lease, env.now, limits) });
  for (const message of takePictures(progress, lease, env.now, limits)) effects.push({ type: 'send', message });
}

/** [P1] Sends the progress that is due. */
export function flushProgress(turn: Turn): void {
  if (!isJoined(turn.state)) return;
  for (const held of turn.state.leases.values()) {
    if (held.phase !== 'working' && held.phase !== 'stopping') continue;
    const dueAt = progressDueAt(held.progress, turn.state.options.limits);
    if (dueAt !== null && dueAt <= turn.env.now) sendProgress(turn, held);
  }
}

export function sendCheckpoint({ state, effects }: Turn, held: HeldLease): void {
  if (held.checkpoint && isJoined(state)) {
    effects.push({ type: 'send', message: { type: 'checkpoint', lease: held.lease, checkpoint: held.checkpoint } });
  }
}

/** After a welcome: says again what may not have arrived. [P2] [K1] [R2] */
export function repeatAfterWelcome(turn: Turn): void {
  for (const held of turn.state.leases.values()) {
    const resumed = held.work.kind === 'train' ? held.work.resume : null;
    if (held.phase === 'working' && held.checkpoint !== resumed) sendCheckpoint(turn, held);
    if (held.phase === 'ended') sayEnding(turn, held);
  }
  flushProgress(turn);
  pull(turn);
}

export function leasesDisconnected({ state, env }: Turn): void {
  for (const { progress } of state.leases.values()) progressLost(progress, env.now, state.options.limits);
}

/** Another identity, or none: what is held belongs to nobody here any more. */
export function dropAllLeases({ state, effects }: Turn, reason: string): void {
  for (const [leaseId, held] of state.leases) {
    if (!occupiesSlot(held)) state.leases.delete(leaseId);
    else if (held.phase !== 'dropping') {
      held.phase = 'dropping';
      effects.push({ type: 'stop', leaseId, how: 'drop', reason });
    }
  }
}

const stopReason = ({ drain }: SessionState): string => (drain ? 'the worker is stopping' : 'the worker is paused');

/** [D1] [S3] Lets a nearly finished lease end and hands the others back. */
export function drainLeases(turn: Turn): void {
  const { state, env } = turn;
  for (const held of state.leases.values()) {
    const leftMs = held.phase === 'working' ? remainingMs(held.progress, env.now) : null;
    if (leftMs !== null && leftMs < state.options.limits.nearlyDoneMs) {
      held.finishBy = env.now + 2 * state.options.limits.nearlyDoneMs;
    } else {
      stopLease(turn, held, stopReason(state));
    }
  }
}

/** Stops what was thought nearly finished and is not. */
export function stopOverdueLeases(turn: Turn): void {
  for (const held of turn.state.leases.values()) {
    if (held.finishBy !== null && held.finishBy <= turn.env.now) stopLease(turn, held, stopReason(turn.state));
  }
}

/** [R4] After a failure the next pull waits, so that a broken worker does not eat trial after trial. */
export function noteFailure({ state, env }: Turn): void {
  const { failureFirstMs: firstMs, failureMaxMs: maxMs } = state.options.limits;
  state.pullAt = env.now + backoffMs({ attempt: state.failures, firstMs, maxMs, random: env.random });
  state.failures += 1;
}
