import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sweepView, type SweepView } from '@gradpool/protocol';
import { submitSweep, type Serving } from './coordinator-process.ts';
import { figures, get, openRoom, pause, type PooledRoom } from './pooled-room.ts';
import { median, medianRatio } from './statistics.ts';
import { startTrainProcess } from './train-process.ts';

/**
 * `npm run bench:pooled`: images a second of one trial that 1 and 2 local workers train together in exact and in local mode,
 * against one process that trains the same model with the same batch alone, and the coordinator's processor time for each
 * vector that a worker sends. Everything is measured by turns, the others being paused; `--rounds N` changes how often. `--json` prints the
 * keys of the project's targets last.
 */
const rounds = Number(argumentAfter('--rounds') ?? 5);
const warmUpMs = 3_000;
const measureMs = 8_000;
/** What the coordinator needs without any work is not the work's. */
const idleMs = 2_000;

const cnn = { model: 'cnn', latent: 32, noise: 0 } as const;
const mlp = { model: 'mlp' as const, latent: 32, noise: 0, hidden: [512, 256] };
const exact = { mode: 'exact', micro_batch: 64, micro_batches: 8 } as const;
const exactBatch = exact.micro_batch * exact.micro_batches;
const local = { mode: 'local', batch: 16 } as const;

interface Figures {
  readonly imagesPerSecond: number;
  /** The coordinator's processor time for each vector that came, less what it needs at rest. */
  readonly coordinatorCpuMs: number;
}

interface Row {
  readonly label: string;
  readonly measure: () => Promise<Figures>;
  /** The one that this one is compared with. */
  readonly against: Row | null;
  readonly values: Figures[];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gradpool-bench-'));
  const rooms: PooledRoom[] = [];
  const stops: (() => void)[] = [];
  const alone = async (label: string, spec: TrainedSpec, batch: number): Promise<Row> => {
    const process = await startTrainProcess({
      ...{ backend: 'wasm', spec: { ...spec, batch_size: batch }, images: Math.ceil(10_000 / batch) * batch },
    });
    if (typeof process === 'string') throw new Error(process);
    stops.push(process.stop);
    return { label, measure: async () => figuresOf(await process.measure()), against: null, values: [] };
  };
  try {
    for (const workers of [1, 2]) rooms.push(await openRoom(path.join(folder, String(workers)), workers));
    const [one, two] = [rooms[0]!.serving, rooms[1]!.serving];
    const inBatches = await alone(`cnn, one process alone, batch ${exactBatch}`, cnn, exactBatch);
    const inSteps = await alone(`cnn, one process alone, batch ${local.batch}`, cnn, local.batch);
    const rows: Row[] = [
      inBatches,
      await pooledRow('cnn, exact, 1 worker', one, { spec: cnn, pooled: exact, against: inBatches }),
      await pooledRow('cnn, exact, 2 workers', two, { spec: cnn, pooled: exact, against: inBatches }),
      await pooledRow('mlp (4.3 MB), exact, 2 workers', two, { spec: mlp, pooled: exact, against: null }),
      inSteps,
      await pooledRow('cnn, local, 1 worker', one, { spec: cnn, pooled: local, against: inSteps }),
      await pooledRow('cnn, local, 2 workers', two, { spec: cnn, pooled: local, against: inSteps }),
      await pooledRow('mlp (4.3 MB), local, 2 workers', two, { spec: mlp, pooled: local, against: null }),
    ];
    // Once unmeasured: until the engine has its fast code, and the workers of both rooms are done with joining.
    for (const { measure } of [inBatches, inSteps]) await measure();
    for (let round = 0; round < rounds; round += 1) {
      for (const row of rows) row.values.push(await row.measure());
    }
    report(rows);
  } finally {
    for (const stop of stops) stop();
    for (const { stop } of rooms) stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

type TrainedSpec = typeof cnn | typeof mlp;

const figuresOf = (imagesPerSecond: number): Figures => ({ imagesPerSecond, coordinatorCpuMs: NaN });

interface PooledTrial {
  readonly spec: TrainedSpec;
  readonly pooled: typeof exact | typeof local;
  readonly against: Row | null;
}

/** A pooled trial that never ends, paused except while it is measured. */
async function pooledRow(label: string, serving: Serving, { spec, pooled, against }: PooledTrial): Promise<Row> {
  const values = { ...spec, epochs: 1_000, schedule: 'constant', learning_rate: 0.001, train_images: 40 * exactBatch };
  const parameters = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
  const { sweepId } = await submitSweep(serving, { name: `bench-${spec.model}-${pooled.mode}`, parameters, pooled });
  await command(serving, sweepId, 'pause');
  return { label, measure: () => measurePooled(serving, sweepId), against, values: [] };
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
  const names = ['process_cpu_seconds_total', 'gradpool_messages_in_total\\{type="result"\\}'];
  const [cpuSeconds = NaN, results = NaN] = await figures(serving, names);
  return { at, images: sweep.pooledRuns[0]?.images ?? NaN, cpuSeconds, results };
}

async function command({ url, tokens }: Serving, sweepId: string, order: 'pause' | 'resume'): Promise<void> {
  const headers = { authorization: `Bearer ${tokens.admin}` };
  const answer = await fetch(`${url}/api/sweeps/${sweepId}/${order}`, { method: 'POST', headers });
  if (!answer.ok) throw new Error(await answer.text());
}

function report(rows: readonly Row[]): void {
  console.table(
    rows.map((row) => ({
      label: row.label,
      'images/s': Math.round(median(speeds(row))),
      'against one alone': speedup(row) ?? '',
      'coordinator ms per vector': coordinatorMs(row),
    })),
  );
  if (!process.argv.includes('--json')) return;
  const [, exactOne, exactTwo, exactLarge, , localOne, localTwo, localLarge] = rows;
  console.log(
    JSON.stringify({
      ...{ exactSpeedup: speedup(exactTwo!), localSpeedup: speedup(localTwo!) },
      ...{ oneWorkerAgainstAlone: speedup(exactOne!), oneLocalWorkerAgainstAlone: speedup(localOne!) },
      ...{ coordinatorCpuMs: coordinatorMs(exactLarge!), localCoordinatorCpuMs: coordinatorMs(localLarge!) },
    }),
  );
}

const speeds = ({ values }: Row): number[] => values.map(({ imagesPerSecond }) => imagesPerSecond);

const speedup = (row: Row): number | null => (row.against ? medianRatio(speeds(row), speeds(row.against)) : null);

const coordinatorMs = ({ values }: Row): number | null =>
  round(median(values.map(({ coordinatorCpuMs }) => coordinatorCpuMs)));

const round = (value: number): number | null => (Number.isFinite(value) ? Math.round(100 * value) / 100 : null);

function argumentAfter(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

await main();
