import { Worker } from 'node:worker_threads';
import { codeOf, Fault, reasonOf } from '../fault.ts';
import type { DeskSource, Shown, Standing, VectorDesk, VectorTasks, Wanted } from './vector-desk.ts';
import type { DeskAnswer, VectorThreadData } from './vector-thread.ts';

/** Source under test runs the built thread (Node cannot load TypeScript in one); built code runs its neighbour. */
const threadFile = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/pooled/vector-thread.js', import.meta.url)
  : new URL('./vector-thread.js', import.meta.url);

export interface ThreadOptions {
  readonly simd: boolean;
  /** The thread of an open desk ended by itself. Called once, before what the desk was asked for is rejected. */
  readonly died: (fault: Fault) => void;
}

/** Threads that hold the vectors of large pooled runs, one for each: what one of them does to itself ends no other run. */
export class VectorThreads {
  private readonly threads = new Set<DeskThread>();
  private closed = false;

  /**
   * Opens a desk in a thread of its own; shared memory is read there in place, all other is copied. Rejects with a Fault where it cannot be
   * opened: that of the desk, E_VECTOR_THREAD, E_CLOSING.
   */
  async open(source: DeskSource, { simd, died }: ThreadOptions): Promise<VectorDesk> {
    if (this.closed) throw closing();
    const data: VectorThreadData = { source, simd };
    const worker = new Worker(threadFile, { workerData: data, execArgv: [] });
    let isOpen = false;
    const ended = (fault: Fault | null): void => {
      this.threads.delete(thread);
      if (fault && isOpen) died(fault);
    };
    const thread = new DeskThread(worker, ended);
    this.threads.add(thread);
    const opened = await thread.opened;
    isOpen = true;
    return thread.desk(opened);
  }

  /** Threads at work. */
  get size(): number {
    return this.threads.size;
  }

  /** Ends all threads; what they were asked for is rejected with E_CLOSING. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.threads].map((thread) => thread.close()));
  }
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (fault: Fault) => void;
}

/**
 *   opening --answer 0--> open --close--> over
 *   opening, open --the thread ends by itself, or refuses to open--> over
 *
 * Over, nothing is answered any more: whatever waits is rejected, and so is what comes later.
 */
class DeskThread {
  readonly opened: Promise<Standing>;
  private readonly worker: Worker;
  private readonly ended: (fault: Fault | null) => void;
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;
  /** The last parameters that need not last. */
  private readonly shown: Uint8Array[] = [];
  private over: Fault | null = null;
  private reason = 'it ended by itself';

  /** `ended`: called once, with what it died of where nobody closed it. */
  constructor(worker: Worker, ended: (fault: Fault | null) => void) {
    this.worker = worker;
    this.ended = ended;
    this.opened = new Promise<Standing>((resolve, reject) => {
      this.waiting.set(0, { resolve, reject });
    });
    worker.on('message', (answer: DeskAnswer) => {
      this.hear(answer);
    });
    worker.on('messageerror', (error) => {
      this.reason = reasonOf(error);
      void worker.terminate();
    });
    worker.on('error', (error) => {
      this.reason = codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it ran out of memory' : reasonOf(error);
    });
    worker.once('exit', () => {
      if (!this.over) this.end(died(this.reason), false);
    });
  }

  desk(opened: Standing): VectorDesk {
    return {
      opened,
      norm: (...args) => this.ask('norm', args),
      takeSums: (...args) => this.ask('takeSums', args),
      takeChanges: (...args) => this.ask('takeChanges', args),
      show: (wanted) => this.show(wanted),
      checkpoint: (into) => this.ask('checkpoint', [into], into && [into.buffer as ArrayBuffer]),
      close: () => void this.close(),
    };
  }

  async close(): Promise<void> {
    if (!this.over) this.end(closing(), true);
    await this.worker.terminate();
  }

  private async show(wanted: Wanted): Promise<Shown> {
    // Whoever asks has done with those before the last ones, unless they were to last.
    const into = this.shown.length > 1 ? this.shown.shift() : undefined;
    // A view of memory at work cannot leave its thread.
    const shown = await this.ask('show', [{ ...wanted, lasting: true }, into], into && [into.buffer as ArrayBuffer]);
    if (!wanted.lasting) this.shown.push(shown.parameters.bytes);
    return shown;
  }

  private ask<Task extends keyof VectorTasks>(
    task: Task,
    args: Parameters<VectorTasks[Task]>,
    handedOver: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<VectorTasks[Task]>> {
    if (this.over) return Promise.reject(this.over);
    this.calls += 1;
    const id = this.calls;
    return new Promise((resolve, reject) => {
      this.worker.postMessage({ id, task, args }, handedOver);
      this.waiting.set(id, { resolve, reject });
    });
  }

  private hear(answer: DeskAnswer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('failed' in answer) waiting?.reject(new Fault('E_INTERNAL', answer.failed));
    else waiting?.resolve(answer.value as never);
    // A desk that did not open is of no use.
    if ('failed' in answer && answer.id === 0) void this.close();
  }

  private end(fault: Fault, orderly: boolean): void {
    this.over = fault;
    this.ended(orderly ? null : fault);
    for (const { reject } of this.waiting.values()) reject(fault);
    this.waiting.clear();
  }
}

const closing = (): Fault => new Fault('E_CLOSING', 'the vectors of this run are not held any more', { status: 503 });

const died = (why: string): Fault =>
  new Fault(
    'E_VECTOR_THREAD',
    `the thread that held the vectors of this run is gone: ${why}; it goes on from its last checkpoint`,
  );

/** The norm that a desk finds, as its `norm` says; undefined where the desk is over, which whoever opened it knows. */
export async function askNorm(
  desk: Pick<VectorDesk, 'norm'>,
  bytes: Uint8Array,
  terms: number,
): Promise<number | null | undefined> {
  try {
    return await desk.norm(bytes, terms);
  } catch (error) {
    if (isOver(error)) return undefined;
    throw error;
  }
}

/** Whether an error says that a desk is over, of which nobody else has to be told. */
const isOver = (error: unknown): boolean => ['E_VECTOR_THREAD', 'E_CLOSING'].includes(codeOf(error));
