import { closeCodes, type ServerMessage } from '@gradpool/protocol';
import { addPictures, addPoints, movedTo, progressDueAt } from './lease-progress.ts';
import { closed, connect, end, greet, welcomed } from './session-connection.ts';
import {
  drainLeases,
  flushProgress,
  heldKeys,
  isJoined,
  leasesDisconnected,
  noteFailure,
  pull,
  revokeLease,
  sendCheckpoint,
  settleLease,
  startQueued,
  stopOverdueLeases,
  takeLease,
  workStopped,
  type Turn,
} from './session-leases.ts';
import type { SessionEffect, SessionEnv, SessionEvent, SessionOptions, SessionState } from './session-state.ts';

export const createSession = (options: SessionOptions): SessionState => ({
  options,
  identity: options.identity,
  connection: { phase: 'new' },
  attempt: 0,
  lastError: null,
  reconnectHintMs: null,
  leases: new Map(),
  failures: 0,
  pullAt: -Infinity,
  paused: false,
  name: options.hello.name,
  drain: null,
});

/**
 * Changes the state in place and returns what the caller must do, in order. No I/O, no clock, no randomness of its own:
 * the same state, event and env always give the same effects. After `end` every event gives none.
 */
export function stepSession(state: SessionState, event: SessionEvent, env: SessionEnv): SessionEffect[] {
  if (state.connection.phase === 'over') return [];
  const turn: Turn = { state, env, effects: [] };
  handle(turn, event);
  if (state.drain) endWhenDrained(turn);
  return turn.effects;
}

/** The next time at which `ticked` has something to do; null while only outside events matter. */
export function nextWakeAt(state: SessionState): number | null {
  const { connection, drain, options } = state;
  const times: (number | null)[] = [drain?.deadline ?? null, drain?.offlineDeadline ?? null];
  if (connection.phase === 'over') return null;
  if (connection.phase === 'waiting') times.push(connection.reconnectAt);
  if (connection.phase === 'greeting') times.push(connection.giveUpAt);
  if (connection.phase === 'joined') {
    times.push(connection.heartbeatAt, Number.isFinite(state.pullAt) ? state.pullAt : null);
    for (const { phase, progress, finishBy } of state.leases.values()) {
      if (phase === 'working' || phase === 'stopping') times.push(progressDueAt(progress, options.limits), finishBy);
    }
  }
  const known = times.filter((time) => time !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

function handle(turn: Turn, event: SessionEvent): void {
  const { state, effects } = turn;
  switch (event.type) {
    case 'started':
      return connect(turn);
    case 'opened':
      return greet(turn);
    case 'received':
      return receive(turn, event.message);
    case 'garbled':
      effects.push({ type: 'log', level: 'warn', message: `ignored a frame: ${event.code}: ${event.message}` });
      return;
    case 'closed':
      return closed(turn, event);
    case 'ticked':
      return tick(turn);
    case 'drainAsked':
      return startDrain(turn);
    case 'pauseAsked':
      return pause(turn, event.paused);
    case 'renamed':
      return rename(turn, event.name);
    case 'moved':
    case 'epochEnded':
    case 'pictured':
    case 'checkpointStored':
      return work(turn, event);
    case 'finished':
      state.failures = 0;
      return workStopped(turn, event.leaseId, (held) => {
        held.vector = event.vector;
        return { type: 'result', lease: held.lease, outcome: event.outcome };
      });
    case 'failed':
      noteFailure(turn);
      return workStopped(turn, event.leaseId, ({ lease }) => ({
        type: 'failed',
        lease,
        code: event.code,
        message: event.message,
      }));
    case 'handedBack':
      return workStopped(turn, event.leaseId, (held) => ({
        type: 'release',
        lease: held.lease,
        reason: event.reason,
        checkpoint: event.checkpoint ?? held.checkpoint,
        ...(event.rung && { rung: event.rung }),
      }));
    case 'dropped':
      return workStopped(turn, event.leaseId, () => null);
    case 'brokeDown':
      effects.push({ type: 'disconnect', code: closeCodes.goingAway, reason: event.code });
      return end(turn, event.code, event.message);
    default:
      event satisfies never;
  }
}

function receive(turn: Turn, message: ServerMessage): void {
  const { state, effects } = turn;
  switch (message.type) {
    case 'welcome':
      return welcomed(turn, message);
    case 'lease':
      return takeLease(turn, message);
    case 'settled':
      settleLease(turn, message);
      return pull(turn);
    case 'revoke':
      revokeLease(turn, message);
      startQueued(turn);
      return pull(turn);
    case 'error':
      state.lastError = { code: message.code, message: message.message };
      effects.push({ type: 'log', level: 'warn', message: `coordinator: ${message.code}: ${message.message}` });
      return;
    case 'closing':
      state.reconnectHintMs = message.reconnectMs;
      effects.push({ type: 'log', level: 'info', message: `coordinator is stopping: ${message.message}` });
      return;
    case 'room':
      effects.push({ type: 'log', level: 'info', message: message.message });
      effects.push({ type: 'room', state: message.state, message: message.message });
      return;
    case 'credited':
    case 'parameters':
      effects.push(message);
      return;
    case 'snapshot':
    case 'changes':
      return;
    default:
      message satisfies never;
  }
}

function tick(turn: Turn): void {
  const { state, env, effects } = turn;
  const { connection } = state;
  if (connection.phase === 'waiting' && env.now >= connection.reconnectAt) return connect(turn);
  if (connection.phase === 'greeting' && env.now >= connection.giveUpAt) {
    effects.push({ type: 'disconnect', code: closeCodes.goingAway, reason: 'no welcome' });
    return closed(turn, { code: 1006, reason: 'no answer to hello' });
  }
  if (connection.phase !== 'joined') return;
  if (env.now >= connection.heartbeatAt) {
    connection.heartbeatAt = env.now + connection.heartbeatMs;
    effects.push({ type: 'send', message: { type: 'heartbeat', leases: heldKeys(state) } });
  }
  if (env.now >= state.pullAt) {
    state.pullAt = -Infinity;
    pull(turn);
  }
  flushProgress(turn);
  stopOverdueLeases(turn);
}

type WorkEvent = Extract<SessionEvent, { type: 'moved' | 'epochEnded' | 'pictured' | 'checkpointStored' }>;

function work(turn: Turn, event: WorkEvent): void {
  const { state, env } = turn;
  const held = state.leases.get(event.leaseId);
  if (!held || (held.phase !== 'working' && held.phase !== 'stopping')) return;
  if (event.type === 'checkpointStored') {
    held.checkpoint = event.checkpoint;
    return sendCheckpoint(turn, held);
  }
  if (event.type === 'moved') movedTo(held.progress, event.position, env.now);
  else if (event.type === 'pictured') addPictures(held.progress, event.pictures, state.options.limits);
  else addPoints(held.progress, event.points, state.options.limits);
  flushProgress(turn);
}

function startDrain(turn: Turn): void {
  const { state, env, effects } = turn;
  if (state.drain) return;
  const { drainMs, drainOfflineMs } = state.options.limits;
  const offlineDeadline = isJoined(state) ? null : env.now + drainOfflineMs;
  state.drain = { deadline: env.now + drainMs, offlineDeadline };
  if (isJoined(state)) effects.push({ type: 'send', message: { type: 'pull', want: 0 } });
  drainLeases(turn);
}

/** [S3] What is nearly done is finished; everything else goes back, from where it stands. */
function pause(turn: Turn, paused: boolean): void {
  const { state, effects } = turn;
  if (state.paused === paused) return;
  state.paused = paused;
  if (!paused) return pull(turn);
  if (state.connection.phase === 'joined') {
    state.connection.wanted = 0;
    effects.push({ type: 'send', message: { type: 'pull', want: 0 } });
  }
  drainLeases(turn);
}

/** The name stands in hello alone, so a joined worker connects anew; its leases go on. */
function rename(turn: Turn, name: string): void {
  const { state, effects } = turn;
  if (state.name === name) return;
  state.name = name;
  if (!isJoined(state) || state.drain) return;
  effects.push({ type: 'disconnect', code: closeCodes.goingAway, reason: 'renamed' });
  leasesDisconnected(turn);
  connect(turn);
}

/** [D2] [D3] */
function endWhenDrained(turn: Turn): void {
  const { state, env, effects } = turn;
  if (!state.drain || state.connection.phase === 'over') return;
  const { deadline, offlineDeadline } = state.drain;
  const left = heldKeys(state).length;
  const late = env.now >= deadline || (offlineDeadline !== null && env.now >= offlineDeadline);
  if (left > 0 && !late) return;
  if (left > 0) {
    effects.push({ type: 'log', level: 'warn', message: `stopping without an answer for ${left} lease(s)` });
  }
  if (isJoined(state)) {
    effects.push({ type: 'send', message: { type: 'bye', reason: 'drained' } });
    effects.push({ type: 'disconnect', code: closeCodes.normal, reason: 'drained' });
  } else {
    effects.push({ type: 'disconnect', code: closeCodes.goingAway, reason: 'stopping' });
  }
  end(turn, null, 'drained');
}
