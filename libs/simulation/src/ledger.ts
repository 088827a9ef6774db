import type { AttemptRow, SweepRow, TrialRow } from '@gradpool/coordination';
import type { LeaseId, RoomState, SweepId, TrialId, WorkerId } from '@gradpool/protocol';
import type { World } from './sim-world.ts';

/**
 * What must hold after every event, judged from outside: from events, effects and views alone.
 *
 *   complete-once   a trial enters `complete` once and stays there, with the figure an evaluator found; a pooled one may then get its validation figure
 *   never-lost      trials move only along the moves of the SPEC; running ones have a live lease, waiting ones none
 *   one-lease       no two live leases hold one trial, except a declared copy, made while no trial waited
 *   stale-inert     a message that names a lease which is gone changes nothing (the whole state is compared)
 *   restart-same    a state made from the store looks like the one that runs, and needs no repair
 *   fair-failure    failed only after errorsMax errors, on other workers where there were any
 *   right-hands     leases go to connected workers of the right kind with a free slot; nobody verifies their own trial;
 *                   nothing is trained while the room is ended, and nobody works who was removed
 *   breadth-first   no trial of a later seed starts while a fresh one of an earlier seed waits in its sweep (but one that has passed a rung)
 *   store-first     rows stand before messages; a training lease comes with its stored attempt
 *   timely          a lease without a sign of life is gone at its deadline, one that its worker does not hold at once
 *   micro-once      a reduced round has each of its micro-batches exactly once, all made for it
 *   lane-once       a lane counts at most once for a round, with what it was given that round for
 *   staleness       what an average counts is at most so many rounds old as its run allows
 *   rounds-first    nobody begins a trial alone, or is copied one, while an open round has micro-batches that nobody has; who is called
 *                   back to a round was doing such work
 *   round-forward   rounds of a run follow one another; a run begins at a checkpoint of its own trial
 *   embed-last      a map is computed of complete trials only, once, by one evaluator that computes no other
 *   held-once       what the shell holds for evaluators it is told to forget once, at the latest when all is over; they judge nothing else of a run
 *   rungs           a pruned trial stopped at the rung where it was pruned, from a place that does not go on; the best of a whole
 *                   rung goes on, and no trial is left waiting at one
 *   fence-grows     every delivered lease of a trial has a larger fencing token than the ones before, across restarts
 */
export interface Ledger {
  events: number;
  readonly trials: Map<TrialId, TrialRow>;
  readonly sweeps: Map<SweepId, SweepRow>;
  readonly attempts: Map<LeaseId, AttemptRow>;
  readonly live: Map<TrialId, Set<LeaseId>>;
  /** When each live lease must be gone unless there is another sign of life. */
  readonly deadlines: Map<LeaseId, number>;
  /** How many attempts of a trial ended in each of these ways. */
  readonly verdicts: Map<TrialId, { complete: number; erred: number }>;
  readonly workers: Map<WorkerId, WatchedWorker>;
  room: RoomState;
  readonly baselines: Set<string>;
  readonly embeddings: Set<TrialId>;
  /** Answers accepted, by lease. */
  readonly settled: Set<LeaseId>;
  /** Highest fence that was ever sent for a trial: the one thing a restart does not forget. */
  readonly fences: Map<TrialId, number>;
  readonly figures: {
    refusals: number;
    copies: number;
    rejections: number;
    /** Leases of embeddings given. */
    embeddings: number;
    /** Leases of validations given. */
    validations: number;
    shadowRestarts: number;
    restarts: number;
    /** Trials begun in the gaps of pooled rounds, and those that went back for a round. */
    gaps: number;
    yields: number;
  };
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
    verdicts: new Map(),
    deadlines: new Map(),
    workers: new Map(),
    room: 'open',
    baselines: new Set(),
    embeddings: new Set(),
    settled: new Set(),
    fences: new Map(),
    figures: {
      refusals: 0,
      copies: 0,
      rejections: 0,
      embeddings: 0,
      validations: 0,
      shadowRestarts: 0,
      restarts: 0,
      gaps: 0,
      yields: 0,
    },
  };
}

/** A broken invariant, with what is needed to see it again. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function fail(world: World, invariant: string, what: string): never {
  const { seed, ledger, agenda } = world;
  throw new Violation(`[${invariant}] ${what} (seed ${seed}, event ${ledger.events}, at ${agenda.now} ms)`);
}
