import {
  createState,
  listSweeps,
  listWorkers,
  step,
  sweepView,
  trialView,
  workerView,
  type PersistRow,
  type State,
  type StoredRows,
} from '@gradpool/coordination';
import {
  sweepId,
  type SweepId,
  type SweepView,
  type TrialId,
  type TrialView,
  type WorkerId,
  type WorkerView,
} from '@gradpool/protocol';
import { v7 } from 'uuid';
import { startClock, type Clock } from '../clock.ts';
import type { Fault } from '../fault.ts';
import type { CoordinatorLimits } from '../limits.ts';
import { DecisionLoop, type Delivered } from './decision-loop.ts';

/** Views of about a millisecond's work. */
const trialsPerPage = 500;

export interface RoomParts {
  readonly rows: StoredRows;
  readonly commit: (rows: readonly PersistRow[]) => Promise<void>;
  readonly deliver: (effect: Delivered) => void;
  readonly delivering: (send: () => void) => void;
  readonly onFatal: (fault: Fault) => void;
  readonly limits: Pick<CoordinatorLimits, 'pendingEventsMax'>;
  /** Monotonic; tests pass their own. */
  readonly clock?: Clock;
}

/**
 * The core's state with the loop that alone may step it, and the read side for HTTP and viewers. What is read may be a
 * commit ahead of the store: wait for `loop.settled()` before telling anybody.
 */
export class Room {
  readonly state: State;
  readonly loop: DecisionLoop;
  readonly clock: Clock;

  constructor(parts: RoomParts) {
    this.clock = parts.clock ?? startClock(newestTime(parts.rows));
    const { state, effects } = createState(parts.rows, this.clock());
    this.state = state;
    this.loop = new DecisionLoop({
      step: (event, env) => step(state, event, env),
      env: () => ({ now: this.clock(), newId: v7 }),
      commit: parts.commit,
      deliver: parts.deliver,
      delivering: parts.delivering,
      onFatal: parts.onFatal,
      pendingEventsMax: parts.limits.pendingEventsMax,
    });
    this.loop.take(effects);
  }

  sweeps(): SweepView[] {
    return listSweeps(this.state, this.clock());
  }

  sweep(id: SweepId): SweepView | null {
    return sweepView(this.state, id, this.clock());
  }

  workers(): WorkerView[] {
    return listWorkers(this.state);
  }

  worker(id: WorkerId): WorkerView | null {
    return workerView(this.state, id);
  }

  /** All trials of a sweep, or of one cell of it, a page at a time, so that a large sweep does not hold up the loop; each page is stored. */
  async *trialPages(id: SweepId, cell: string | null = null): AsyncGenerator<TrialView[]> {
    const all = this.state.sweeps.get(id)?.trialIds ?? [];
    const trialIds =
      cell === null ? all : all.filter((trialId) => this.state.trials.get(trialId)?.cell.cellId === cell);
    for (let from = 0; from < trialIds.length; from += trialsPerPage) {
      const page = trialIds.slice(from, from + trialsPerPage).flatMap((trialId) => this.trial(trialId) ?? []);
      await this.loop.settled();
      yield page;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  trial(id: TrialId): TrialView | null {
    return trialView(this.state, id);
  }

  /** By its id, or by its name (the newest of that name). */
  findSweep(idOrName: string): SweepId | null {
    const parsed = sweepId.safeParse(idOrName);
    if (parsed.success && this.state.sweeps.has(parsed.data)) return parsed.data;
    let newest: SweepId | null = null;
    for (const [id, { row }] of this.state.sweeps) if (row.name === idOrName) newest = id;
    return newest;
  }
}

/** The clock starts no earlier than this, whatever the wall clock says by now. */
function newestTime(rows: StoredRows): number {
  let newest = 0;
  for (const { createdAt, finishedAt } of rows.sweeps) newest = Math.max(newest, createdAt, finishedAt ?? 0);
  for (const { startedAt, finishedAt } of rows.trials) newest = Math.max(newest, startedAt ?? 0, finishedAt ?? 0);
  for (const { startedAt } of rows.attempts) newest = Math.max(newest, startedAt);
  for (const { lastSeenAt } of rows.workers) newest = Math.max(newest, lastSeenAt);
  return newest;
}
