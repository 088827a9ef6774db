import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workersAnswer } from '@gradpool/protocol';
import { startCoordinator, type Serving } from './coordinator-process.ts';

/** A coordinator with some workers, in processes of their own. */
export interface PooledRoom {
  readonly serving: Serving;
  readonly stop: () => void;
}

/** Resolves once all workers are there; `evaluator` adds one that judges. */
export async function openRoom(dataDir: string, workers: number, evaluator = false): Promise<PooledRoom> {
  const { child, serving } = await startCoordinator(dataDir);
  const children = Array.from({ length: workers }, (_, index) =>
    startWorker(serving, { dataDir, index, kind: 'train' }),
  );
  if (evaluator) children.push(startWorker(serving, { dataDir, index: workers, kind: 'evaluate' }));
  const connected = async (): Promise<boolean> => {
    const answer = workersAnswer.parse(await get(serving, '/api/workers'));
    return answer.workers.filter((worker) => worker.connected).length === children.length;
  };
  while (!(await connected())) await pause(100);
  return { serving, stop: () => [...children, child].forEach((one) => one.kill('SIGKILL')) };
}

interface WorkerProcess {
  readonly dataDir: string;
  readonly index: number;
  readonly kind: 'train' | 'evaluate';
}

function startWorker({ url, tokens }: Serving, { dataDir, index, kind }: WorkerProcess): ChildProcess {
  const entry = fileURLToPath(import.meta.resolve('@gradpool/node-worker/main'));
  const identity = ['--name', `worker ${index}`, '--kind', kind, '--index', String(index), '--data-dir', dataDir];
  const token = kind === 'train' ? tokens.join : tokens.trusted;
  return fork(entry, ['--url', url, '--token', token, ...identity, '--log-level', 'error']);
}

export async function get({ url, tokens }: Serving, route: string): Promise<unknown> {
  const answer = await fetch(`${url}${route}`, { headers: { authorization: `Bearer ${tokens.viewer}` } });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** The figures of /metrics that these names (regular expressions) begin a line with; NaN for one that is not there. */
export async function figures({ url, tokens }: Serving, names: readonly string[]): Promise<number[]> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${tokens.viewer}` } });
  const text = await answer.text();
  return names.map((name) => Number(new RegExp(`^${name} ([0-9.e+-]+)`, 'm').exec(text)?.[1] ?? NaN));
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
