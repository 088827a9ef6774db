import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mnistManifest, parameterCount, summarize, trialSpec } from '@gradpool/experiment';
import { trialsAnswer, type TrialView } from '@gradpool/protocol';
import { submitSweep, type Serving } from './coordinator-process.ts';
import { figures, get, openRoom, pause } from './pooled-room.ts';

/**
 * `npm run bench:bytes`: final test MSE against bytes per worker, on real MNIST (`--fashion`: Fashion-MNIST, where the coordinator
 * has it), for one trial that 4 workers train together. Local mode runs over real sockets, and all TCP bytes of the coordinator
 * in both directions count. The baseline is synchronous data parallel in float32 at the learning rate that does best: it
 * takes the steps of one worker with the global batch, so its error is that of plain trials, and its traffic is
 * one gradient up and one set of parameters down for each worker and step, with nothing else counted. `--quick` trains 4
 * epochs in place of 12; `--json` prints the keys of the project's targets last.
 */
const quick = process.argv.includes('--quick');
const dataset = process.argv.includes('--fashion') ? 'fashion-mnist' : 'mnist';
const workers = 4;
const seeds = 3;
const model = { dataset, hidden: [128], latent: 32, epochs: quick ? 4 : 12 } as const;
/** Both sides choose among as many, by their first seed. */
const rates = quick ? [0.002, 0.004] : [0.002, 0.004, 0.008];
/** Images of a step of the baseline, all workers together: as many to each as is usual. */
const globalBatch = 64 * workers;

interface Row {
  readonly label: string;
  readonly rate: number;
  readonly mse: readonly number[];
  readonly bytesPerWorker: number;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gradpool-bench-'));
  const room = await openRoom(folder, workers, true);
  try {
    // Fetches the data set, which is not the training's.
    await trials(room.serving, { name: 'warm-up', batch_size: 256, learning_rate: 0.001, train_images: 256 }, {});
    const baseline = await dataParallel(room.serving);
    const rows = [baseline];
    for (const steps of quick ? [64] : [64, 128]) rows.push(await inLocalMode(room.serving, steps));
    report(baseline, rows);
  } finally {
    room.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function dataParallel(serving: Serving): Promise<Row> {
  const settings = (rate: number) => ({ name: `dp-${rate}`, batch_size: globalBatch, learning_rate: rate });
  const rate = await bestRate(async (one) => mseOf(await trials(serving, settings(one), {}))[0] ?? NaN);
  const done = await trials(serving, { ...settings(rate), name: 'dp-all' }, { seeds });
  const spec = trialSpec.parse({ ...model, hidden: [...model.hidden], seed: 0 });
  const steps = Math.ceil((mnistManifest.train.images - spec.validation_images) / globalBatch) * spec.epochs;
  const bytesPerWorker = steps * 8 * parameterCount(spec, mnistManifest.image);
  return { label: `data parallel, float32, batch ${globalBatch}`, rate, mse: mseOf(done), bytesPerWorker };
}

async function inLocalMode(serving: Serving, steps: number): Promise<Row> {
  const pooled = { mode: 'local', steps };
  const settings = (rate: number) => ({ name: `local-${steps}-${rate}`, optimizer: 'adamw', learning_rate: rate });
  const rate = await bestRate(async (one) => mseOf(await trials(serving, settings(one), { pooled }))[0] ?? NaN);
  const before = await traffic(serving);
  const done = await trials(serving, { ...settings(rate), name: `local-${steps}-all` }, { pooled, seeds });
  const bytesPerWorker = ((await traffic(serving)) - before) / seeds / workers;
  return { label: `local, ${steps} steps of 16, int4 both ways`, rate, mse: mseOf(done), bytesPerWorker };
}

async function bestRate(judge: (rate: number) => Promise<number>): Promise<number> {
  const judged: { readonly rate: number; readonly mse: number }[] = [];
  for (const rate of rates) judged.push({ rate, mse: await judge(rate) });
  return judged.toSorted((a, b) => a.mse - b.mse)[0]!.rate;
}

/** Trains a cell with some seeds to the verified end. */
async function trials(
  serving: Serving,
  { name, ...parameters }: { readonly name: string; readonly [parameter: string]: number | string },
  extra: { readonly pooled?: object; readonly seeds?: number },
): Promise<TrialView[]> {
  const cell = Object.entries({ ...model, ...parameters }).map(([key, value]) => [key, { value }] as const);
  const { pooled, seeds: count = 1 } = extra;
  const spec = { name, parameters: Object.fromEntries(cell), seeds: { count, base: 0 }, ...(pooled && { pooled }) };
  const { sweepId } = await submitSweep(serving, spec);
  for (;;) {
    const { trials: all } = trialsAnswer.parse(await get(serving, `/api/sweeps/${sweepId}/trials`));
    if (all.some(({ state }) => state === 'failed')) throw new Error(`a trial of ${name} failed`);
    if (all.every(({ state }) => state === 'complete')) return all;
    await pause(1_000);
  }
}

const mseOf = (done: readonly TrialView[]): number[] => done.map(({ score }) => score ?? NaN);

async function traffic(serving: Serving): Promise<number> {
  const [bytesIn = NaN, bytesOut = NaN] = await figures(serving, ['gradpool_bytes_in', 'gradpool_bytes_out']);
  return bytesIn + bytesOut;
}

function report(baseline: Row, rows: readonly Row[]): void {
  const aim = summarize(baseline.mse).mean;
  const shown = rows.map((row) => {
    const { mean, ci95 } = summarize(row.mse);
    return { ...row, mean, ci95, worse: mean / aim - 1, fewer: baseline.bytesPerWorker / row.bytesPerWorker };
  });
  console.table(
    shown.map(({ label, rate, mean, ci95, worse, bytesPerWorker, fewer }) => ({
      ...{ label, 'learning rate': rate, 'test MSE': `${mean.toFixed(6)} ± ${ci95?.toFixed(6) ?? '?'}` },
      ...{ worse: `${(100 * worse).toFixed(1)} %`, 'MB per worker': Number((bytesPerWorker / 1e6).toFixed(2)) },
      'fewer bytes': `${fewer.toFixed(1)} x`,
    })),
  );
  if (!process.argv.includes('--json')) return;
  const within = shown.filter(({ worse, fewer }) => worse <= 0.01 && fewer > 1).map(({ fewer }) => fewer);
  console.log(JSON.stringify({ fewerBytesAtOnePercent: within.length > 0 ? round(Math.max(...within)) : null }));
}

const round = (value: number): number => Math.round(10 * value) / 10;

await main();
