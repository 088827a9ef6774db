import { parentPort, workerData } from 'node:worker_threads';
import { compileKernels } from '@gradpool/kernels';
import { openDesk, type DeskSource, type Standing, type VectorTasks } from './vector-desk.ts';

/**
 * The thread that holds the vectors of one pooled run, so that their rounds do not hold the coordinator's event loop. It opens its desk from
 * its data and answers that under id 0, then one call after the other. What it answers with is handed over, not copied.
 */
export interface VectorThreadData {
  readonly source: DeskSource;
  /** Whether to use the SIMD kernels. */
  readonly simd: boolean;
}

type DeskCall = {
  readonly [Task in keyof VectorTasks]: {
    readonly id: number;
    readonly task: Task;
    readonly args: Parameters<VectorTasks[Task]>;
  };
}[keyof VectorTasks];

export type DeskAnswer =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly failed: string };

async function run({ source, simd }: VectorThreadData): Promise<Standing> {
  const desk = openDesk(source, simd ? await compileKernels() : null);
  parentPort?.on('message', ({ id, task, args }: DeskCall) => {
    try {
      answer(id, (desk[task] as (...args: unknown[]) => unknown)(...args));
    } catch (error) {
      refuse(id, error);
    }
  });
  return desk.opened;
}

function answer(id: number, value: unknown): void {
  const message: DeskAnswer = { id, value };
  parentPort?.postMessage(message, [...new Set(buffersOf(value))]);
}

function refuse(id: number, error: unknown): void {
  const message: DeskAnswer = { id, failed: error instanceof Error ? error.message : String(error) };
  parentPort?.postMessage(message);
}

/** The memory of all vectors in a result. */
function buffersOf(value: unknown): ArrayBuffer[] {
  if (value instanceof Uint8Array) return [value.buffer as ArrayBuffer];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(buffersOf) : [];
}

run(workerData as VectorThreadData).then(
  (opened) => {
    answer(0, opened);
  },
  (error: unknown) => {
    refuse(0, error);
    parentPort?.close();
  },
);
