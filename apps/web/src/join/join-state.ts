import type { Preview } from '@gradpool/training';
import type { Failure, FromWorker, KnownBackend, Moved, Task } from '../worker/messages.ts';

/**
 * What the join page knows of its worker.
 *
 *   starting -> joining -> joined <-> lost
 *   any -> left (the user left) | stopped (it cannot go on)
 */
type Stage =
  | { readonly at: 'starting' | 'joining' | 'joined' | 'left' }
  | { readonly at: 'lost'; readonly message: string }
  | { readonly at: 'stopped'; readonly failure: Failure };

/** Loss against epochs done, as long as one training lasts. */
export interface Curve {
  readonly epochs: readonly number[];
  readonly losses: readonly number[];
  /** Epochs of the whole training. */
  readonly total: number;
}

export interface Training {
  readonly task: Task;
  readonly moved: Moved | null;
  readonly curve: Curve;
}

interface LogLine {
  readonly level: string;
  readonly message: string;
}

export interface JoinState {
  readonly stage: Stage;
  readonly name: string;
  readonly paused: boolean;
  readonly share: number;
  readonly backend: KnownBackend | null;
  /** The person who runs the room has ended the lesson; work comes when it is opened again. */
  readonly lessonOver: boolean;
  /** Trainings that can run here at a time. */
  readonly engines: number;
  /** What is under way, the oldest first: that one is shown in detail. */
  readonly trainings: readonly Training[];
  /** Of the training shown in detail; stays until the next one begins. */
  readonly curve: Curve;
  /** The same of its pictures, until the next one has some of its own. */
  readonly preview: Preview | null;
  readonly fetchingBytes: number;
  /** Verified in all its time here; null until there is any. */
  readonly credit: Extract<FromWorker, { type: 'credited' }> | null;
  /** Leases finished since the page was opened. */
  readonly finished: number;
  /** Why the last lease failed; null once one ended well. */
  readonly failure: Failure | null;
  /** Why a fresh backend had to take over. */
  readonly brokeDown: Failure | null;
  /** Why nothing is kept for the next visit. */
  readonly notKept: string | null;
  /** The coordinator's, where it is not the one of this page. */
  readonly newVersion: string | null;
  readonly log: readonly LogLine[];
}

export type JoinEvent =
  | FromWorker
  | { readonly type: 'paused'; readonly paused: boolean }
  | { readonly type: 'shared'; readonly share: number }
  /** The backend broke down; a fresh one takes over. */
  | { readonly type: 'restarted'; readonly failure: Failure }
  | { readonly type: 'renamed'; readonly name: string };

const logLinesMax = 100;
/** Points of a curve; beyond it every second one goes. */
const curvePointsMax = 1_000;
const noCurve: Curve = { epochs: [], losses: [], total: 1 };

export const startState = (start: Pick<JoinState, 'name' | 'paused' | 'share'>): JoinState => ({
  stage: { at: 'starting' },
  ...start,
  backend: null,
  lessonOver: false,
  engines: 1,
  trainings: [],
  curve: noCurve,
  preview: null,
  fetchingBytes: 0,
  credit: null,
  finished: 0,
  failure: null,
  brokeDown: null,
  notKept: null,
  newVersion: null,
  log: [],
});

/** `version` is that of this page. */
export function reduce(state: JoinState, event: JoinEvent, version: string): JoinState {
  switch (event.type) {
    case 'backend':
      return { ...state, stage: { at: 'joining' }, backend: event.backend, engines: event.engines };
    case 'identity':
      return state;
    case 'joined': {
      const newVersion = sameVersion(event.codeVersion, version) ? null : event.codeVersion;
      // A lesson that is over is said anew after each joining.
      return { ...state, stage: { at: 'joined' }, newVersion, lessonOver: false };
    }
    case 'room':
      return { ...state, lessonOver: event.state === 'ended' };
    case 'lost':
      return { ...state, stage: { at: 'lost', message: event.message } };
    case 'credited':
      return { ...state, credit: event };
    case 'fetching':
      return { ...state, fetchingBytes: event.bytes };
    case 'began':
      return withTrainings(state, [...state.trainings, begun(event.task)]);
    case 'moved':
      return withTrainings(
        state,
        state.trainings.map((training) =>
          training.task.leaseId === event.leaseId ? moved(training, event) : training,
        ),
      );
    case 'previewed':
      return state.trainings[0]?.task.leaseId === event.leaseId ? { ...state, preview: event.preview } : state;
    case 'ended':
      return ended(state, event);
    case 'notKept':
      return { ...state, notKept: event.message };
    case 'log':
      return { ...state, log: [...state.log, { level: event.level, message: event.message }].slice(-logLinesMax) };
    case 'over':
      return over(state, event.failure);
    case 'restarted':
      return { ...over(state, null), stage: { at: 'starting' }, brokeDown: event.failure };
    case 'paused':
      return { ...state, paused: event.paused };
    case 'shared':
      return { ...state, share: event.share };
    case 'renamed':
      return { ...state, name: event.name };
    default:
      return event satisfies never;
  }
}

const begun = (task: Task): Training => ({ task, moved: null, curve: { ...noCurve, total: task.epochs } });

const moved = (training: Training, { moved }: Extract<JoinEvent, { type: 'moved' }>): Training => ({
  ...training,
  moved,
  curve: extended(training.curve, moved),
});

const withTrainings = (state: JoinState, trainings: readonly Training[]): JoinState => ({
  ...state,
  trainings,
  curve: trainings[0]?.curve ?? state.curve,
});

function ended(state: JoinState, { leaseId, how, failure }: Extract<JoinEvent, { type: 'ended' }>): JoinState {
  const left = state.trainings.filter(({ task }) => task.leaseId !== leaseId);
  const finished = state.finished + (how === 'finished' ? 1 : 0);
  return { ...withTrainings(state, left), finished, failure: how === 'finished' ? null : (failure ?? state.failure) };
}

function over(state: JoinState, failure: Failure | null): JoinState {
  const stage: Stage = failure ? { at: 'stopped', failure } : { at: 'left' };
  return { ...state, stage, trainings: [], fetchingBytes: 0 };
}

function extended(curve: Curve, { fraction, loss }: Moved): Curve {
  if (loss === null) return curve;
  const { epochs, losses, total } = curve.epochs.length < curvePointsMax ? curve : thinned(curve);
  return { epochs: [...epochs, fraction * total], losses: [...losses, loss], total };
}

const thinned = ({ epochs, losses, total }: Curve): Curve => ({
  total,
  epochs: epochs.filter((_, i) => i % 2 === 0),
  losses: losses.filter((_, i) => i % 2 === 0),
});

/** `0.2.0+abc123` and `0.2.0` are the same code. */
const sameVersion = (a: string, b: string): boolean => a.split('+')[0] === b.split('+')[0];
