import type { Effect, Env, Event, PersistRow, Reply } from '@gradpool/coordination';
import { Fault, reasonOf } from '../fault.ts';
import { storeFault } from './store-fault.ts';

export type Delivered = Exclude<Effect, { type: 'persist' } | { type: 'reply' }>;

export interface LoopParts {
  /** The core's step, bound to its state. */
  readonly step: (event: Event, env: Env) => readonly Effect[];
  readonly env: () => Env;
  /** One transaction. */
  readonly commit: (rows: readonly PersistRow[]) => Promise<void>;
  /** Sends what is now safe to send. */
  readonly deliver: (effect: Delivered) => void;
  /** Called once, when nothing more can be done: the process has to end. */
  readonly onFatal: (fault: Fault) => void;
  /** Runs around all messages of one commit, so that those to one peer can share a packet. */
  readonly delivering: (send: () => void) => void;
  /** Events waiting for the store above which `saturated` turns true. */
  readonly pendingEventsMax: number;
}

interface Batch {
  /** Those with rows. */
  events: number;
  readonly rows: PersistRow[];
  /** What happens once the rows are stored, in the order it was stepped. */
  readonly then: (Effect | (() => void))[];
  readonly barriers: PromiseWithReject[];
}

interface PromiseWithReject {
  readonly resolve: () => void;
  readonly reject: (fault: Fault) => void;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (fault: Fault) => void;
}

const emptyBatch = (): Batch => ({ events: 0, rows: [], then: [], barriers: [] });

/**
 * The one place where things are decided. An event is stepped at once; its rows join the batch that the next commit
 * writes, and its messages leave only after that commit. While a commit is under way further events gather in the next
 * batch (group commit), so the store's latency is paid once per batch and not once per message.
 *
 *   idle --accept--> gathering --next turn--> writing --stored--> delivering (the next one writing) --none left--> idle
 *   any state --throw in step, commit or deliver--> failed (for good; the process ends)
 */
export class DecisionLoop {
  private readonly parts: LoopParts;
  private batch = emptyBatch();
  private writing = false;
  private scheduled = false;
  private stopped = false;
  private fault: Fault | null = null;
  private eventsInFlight = 0;
  private readonly waiting = new Map<string, Waiting>();
  private readonly onRoom: (() => void)[] = [];
  /** Counters for metrics and tests. */
  readonly counts = { events: 0, commits: 0, rows: 0, eventsPerCommitMax: 0 };

  constructor(parts: LoopParts) {
    this.parts = parts;
  }

  /**
   * True while the store is so far behind that sockets should not be read. Events count, not rows: one large sweep is a
   * long commit, and heartbeats must still be heard during it.
   */
  get saturated(): boolean {
    return this.pendingEvents > this.parts.pendingEventsMax;
  }

  get pendingEvents(): number {
    return this.eventsInFlight + this.batch.events;
  }

  get failed(): Fault | null {
    return this.fault;
  }

  /** Steps one event now. Does nothing once the loop has stopped or failed. */
  accept(event: Event): void {
    if (this.fault || this.stopped) return;
    let effects: readonly Effect[];
    try {
      effects = this.parts.step(event, this.parts.env());
    } catch (error) {
      this.fail(brokenInvariant(event, error));
      return;
    }
    this.counts.events += 1;
    const rows = this.batch.rows.length;
    this.take(effects);
    if (this.batch.rows.length > rows) this.batch.events += 1;
  }

  /** Takes effects that no event caused: those of a restart. */
  take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'persist') this.batch.rows.push(effect);
      else this.batch.then.push(effect);
    }
    this.schedule();
  }

  /** Runs `action` in its place among the messages: after all that was stepped so far is stored. */
  afterStored(action: () => void): void {
    if (this.fault) return;
    this.batch.then.push(action);
    this.schedule();
  }

  /** Steps an event that asks for a reply. Rejects with a Fault where the loop fails or has stopped. */
  request(make: (requestId: string) => Event): Promise<Reply> {
    if (this.fault) return Promise.reject(this.fault);
    if (this.stopped) return Promise.reject(stopping());
    const requestId = this.parts.env().newId();
    return new Promise((resolve, reject) => {
      this.waiting.set(requestId, { resolve, reject });
      this.accept(make(requestId));
    });
  }

  /** Resolves once everything stepped so far is stored and sent: what was read from the state before is then lasting. */
  settled(): Promise<void> {
    if (this.fault) return Promise.reject(this.fault);
    if (!this.writing && !this.scheduled) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.batch.barriers.push({ resolve, reject });
    });
  }

  /** Calls back once, as soon as the loop is not saturated any more. */
  whenRoom(callback: () => void): void {
    this.onRoom.push(callback);
  }

  /** Takes no more events and waits for the last commit. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.settled();
    for (const waiting of this.waiting.values()) waiting.reject(stopping());
    this.waiting.clear();
  }

  private schedule(): void {
    if (this.writing || this.scheduled || this.fault) return;
    this.scheduled = true;
    // One turn later, so that all frames read in this turn share the commit.
    setImmediate(() => {
      this.scheduled = false;
      void this.write();
    });
  }

  private async write(): Promise<void> {
    this.writing = true;
    for (let current = this.begin(); current;) {
      if (!(await current.stored)) break;
      // The commit of what came meanwhile begins before these messages leave, so that store and peers work side by side.
      const next = this.begin();
      this.deliver(current.batch);
      current = next ?? this.begin();
    }
    this.writing = false;
  }

  /** Takes the batch that has gathered and begins its commit; null where there is nothing to do. */
  private begin(): { batch: Batch; stored: Promise<boolean> } | null {
    const { batch } = this;
    if (this.fault || batch.rows.length + batch.then.length + batch.barriers.length === 0) return null;
    this.batch = emptyBatch();
    this.eventsInFlight = batch.events;
    return { batch, stored: this.store(batch) };
  }

  /** False where the write failed, and the loop with it. */
  private async store(batch: Batch): Promise<boolean> {
    if (batch.rows.length === 0) return true;
    try {
      await this.parts.commit(batch.rows);
    } catch (error) {
      for (const barrier of batch.barriers) barrier.reject(storeFault(error));
      this.fail(storeFault(error));
      return false;
    }
    this.eventsInFlight = 0;
    this.counts.commits += 1;
    this.counts.rows += batch.rows.length;
    this.counts.eventsPerCommitMax = Math.max(this.counts.eventsPerCommitMax, batch.events);
    return true;
  }

  private deliver(batch: Batch): void {
    try {
      this.parts.delivering(() => {
        for (const item of batch.then) this.deliverOne(item);
      });
    } catch (error) {
      this.fail(new Fault('E_INTERNAL', `sending failed: ${String(error)}`, { cause: error }));
    }
    for (const barrier of batch.barriers) barrier.resolve();
    if (!this.saturated) for (const callback of this.onRoom.splice(0)) callback();
  }

  private deliverOne(item: Batch['then'][number]): void {
    if (typeof item === 'function') item();
    else if (item.type === 'reply') this.reply(item.requestId, item.reply);
    else if (item.type !== 'persist') this.parts.deliver(item);
  }

  private reply(requestId: string, reply: Reply): void {
    this.waiting.get(requestId)?.resolve(reply);
    this.waiting.delete(requestId);
  }

  private fail(fault: Fault): void {
    if (this.fault) return;
    this.fault = fault;
    for (const barrier of this.batch.barriers) barrier.reject(fault);
    for (const waiting of this.waiting.values()) waiting.reject(fault);
    this.waiting.clear();
    this.parts.onFatal(fault);
  }
}

function brokenInvariant(event: Event, error: unknown): Fault {
  const why = reasonOf(error);
  return new Fault(
    'E_INVARIANT',
    `the event ${event.type} broke an invariant: ${why}; a restart goes on from the store`,
    {
      cause: error,
    },
  );
}

const stopping = (): Fault => new Fault('E_CLOSING', 'the coordinator is stopping; try again later', { status: 503 });
