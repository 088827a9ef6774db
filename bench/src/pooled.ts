import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sweepView, workersAnswer, type SweepView } from '@gradpool/protocol';
import { startCoordinator, submitSweep, type Serving } from './coordinator-process.ts';
import { median, medianRatio } from './statistics.ts';
import { startTrainProcess } from './train-process.ts';

/**
 * `npm run bench:pooled`: images a second of one trial that 1 and 2 local workers train together, against one process that
 * trains the same model with the same batch alone, and the coordinator's processor time for each gradient that a worker
 * sends. Everything is measured by turns, the others being paused; `--rounds N` changes how often. `--json` prints the
 * keys of the project's targets last.
 */
const rounds = Number(argumentAfter('--rounds') ?? 5);
const warmUpMs = 3_000;
const measureMs = 8_000;
/** What the coordinator needs without any work is not the work's. */
const idleMs = 2_000;

const cnn = { model: 'cnn', latent: 32, noise: 0 } as const;
const mlp = { model: 'mlp', latent: 32, noise: 0, hidden: [512, 256] } as const;
const pooled = { mode: 'exact', micro_batch: 64, micro_batches: 8 } as const;
const batch = pooled.micro_batch * pooled.micro_batches;

/** A coordinator with some workers, in processes of their own. */
interface Room {
  readonly serving: Serving;
  readonly stop: () => void;
}

interface Figures {
  readonly imagesPerSecond: number;
  /** The coordinator's processor time for each sum of gradients that came, less what it needs at rest. */
  readonly coordinatorCpuMs: number;
}

interface Row {
  readonly label: string;
  readonly measure: () => Promise<Figures>;
  readonly values: Figures[];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gradpool-bench-'));
  const rooms: Room[] = [];
  const alone = await startTrainProcess({ backend: 'wasm', spec: { ...cnn, batch_size: batch }, images: 20 * batch });
  if (typeof alone === 'string') throw new Error(alone);
  try {
    for (const workers of [1, 2]) rooms.push(await openRoom(path.join(folder, String(workers)), workers));
    const rows: Row[] = [
      { label: 'cnn, one process alone', measure: async () => figuresOf(await alone.measure()), values: [] },
      await pooledRow('cnn, pooled, 1 worker', rooms[0]!.serving, cnn),
      await pooledRow('cnn, pooled, 2 workers', rooms[1]!.serving, cnn),
      await pooledRow('mlp (4.3 MB), pooled, 2 workers', rooms[1]!.serving, mlp),
    ];
    for (let round = 0; round < rounds; round += 1) {
      for (const row of rows) row.values.push(await row.measure());
    }
    report(rows);
  } finally {
    alone.stop();
    for (const { stop } of rooms) stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

const figuresOf = (imagesPerSecond: number): Figures => ({ imagesPerSecond, coordinatorCpuMs: NaN });

async function openRoom(dataDir: string, workers: number): Promise<Room> {
  const { child, serving } = await startCoordinator(dataDir);
  const children = Array.from({ length: workers }, (_, index) => startWorker(serving, dataDir, index));
  const connected = async (): Promise<boolean> => {
    const answer = workersAnswer.parse(await get(serving, '/api/workers'));
    return answer.workers.filter((worker) => worker.connected).length === workers;
  };
  while (!(await connected())) await pause(100);
  return { serving, stop: () => [...children, child].forEach((one) => one.kill('SIGKILL')) };
}

function startWorker({ url, tokens }: Serving, dataDir: string, index: number): ChildProcess {
  const entry = fileURLToPath(import.meta.resolve('@gradpool/node-worker/main'));
  const identity = ['--name', `worker ${index}`, '--kind', 'train', '--index', String(index), '--data-dir', dataDir];
  return fork(entry, ['--url', url, '--token', tokens.join, ...identity, '--log-level', 'error']);
}

/** A pooled trial that never ends, paused except while it is measured. */
async function pooledRow(label: string, serving: Serving, spec: Readonly<Record<string, unknown>>): Promise<Row> {
  const values = { ...spec, epochs: 1_000, schedule: 'constant', learning_rate: 0.001, train_images: 40 * batch };
  const parameters = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
  const { sweepId } = await submitSweep(serving, { name: `bench-${String(spec['model'])}`, parameters, pooled });
  await command(serving, sweepId, 'pause');
  return { label, measure: () => measurePooled(serving, sweepId), values: [] };
}

async function measurePooled(serving: Serving, sweepId: string): Promise<Figures> {
  const idle = await sample(serving, sweepId);
  await pause(idleMs);
  const resting = await sample(serving, sweepId);
  await command(serving, sweepId, 'resume');
  await pause(warmUpMs);
  const before = await sample(serving, sweepId);
  await pause(measureMs);
  const after = await sample(serving, sweepId);
  await command(serving, sweepId, 'pause');
  const sums = after.results - before.results;
  return {
    imagesPerSecond: (1000 * (after.images - before.images)) / (after.at - before.at),
    coordinatorCpuMs: (1000 * (cpuShare(before, after) - cpuShare(idle, resting)) * (after.at - before.at)) / sums,
  };
}

type Sample = Awaited<ReturnType<typeof sample>>;

/** Seconds of processor time a ms. */
const cpuShare = (from: Sample, to: Sample): number => (to.cpuSeconds - from.cpuSeconds) / (to.at - from.at);

async function sample(serving: Serving, sweepId: string) {
  const sweep: SweepView = sweepView.parse(await get(serving, `/api/sweeps/${sweepId}`));
  const at = performance.now();
  const { url, tokens } = serving;
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${tokens.viewer}` } });
  const text = await answer.text();
  const figure = (name: string): number => Number(new RegExp(`^${name} ([0-9.e+-]+)`, 'm').exec(text)?.[1] ?? NaN);
  return {
    at,
    images: sweep.pooledRuns[0]?.images ?? NaN,
    cpuSeconds: figure('process_cpu_seconds_total'),
    results: figure('gradpool_messages_in_total\\{type="result"\\}'),
  };
}

async function get({ url, tokens }: Serving, route: string): Promise<unknown> {
  const answer = await fetch(`${url}${route}`, { headers: { authorization: `Bearer ${tokens.viewer}` } });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

async function command({ url, tokens }: Serving, sweepId: string, order: 'pause' | 'resume'): Promise<void> {
  const headers = { authorization: `Bearer ${tokens.admin}` };
  const answer = await fetch(`${url}/api/sweeps/${sweepId}/${order}`, { method: 'POST', headers });
  if (!answer.ok) throw new Error(await answer.text());
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function report(rows: readonly Row[]): void {
  const speeds = rows.map(({ values }) => values.map(({ imagesPerSecond }) => imagesPerSecond));
  const [alone = [], one = [], two = []] = speeds;
  console.table(
    rows.map(({ label, values }, i) => ({
      label,
      'images/s': Math.round(median(speeds[i] ?? [])),
      'against one alone': i < 3 ? medianRatio(speeds[i] ?? [], alone) : '',
      'coordinator ms per sum': round(median(values.map(({ coordinatorCpuMs }) => coordinatorCpuMs))),
    })),
  );
  if (!process.argv.includes('--json')) return;
  const coordinatorCpuMs = round(median(rows.at(-1)?.values.map((figures) => figures.coordinatorCpuMs) ?? []));
  // Local mode is not there yet.
  const figures = { exactSpeedup: medianRatio(two, alone), localSpeedup: null, coordinatorCpuMs };
  console.log(JSON.stringify({ ...figures, oneWorkerAgainstAlone: medianRatio(one, alone) }));
}

const round = (value: number): number | null => (Number.isFinite(value) ? Math.round(100 * value) / 100 : null);

function argumentAfter(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

await main();
