import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { SpecJson } from '@gradpool/protocol';
import { searchByCurves, type RecordedCell } from '@gradpool/simulation';
import { recordCurves, type Curve } from './asha-curves.ts';
import { searchCells, searchEpochs } from './asha-search.ts';

/**
 * `npm run bench:asha`: asynchronous successive halving (Li et al. 2020) against training 81 random configurations on real
 * MNIST to their ends. Each configuration is trained once, and its curve kept (`--curves FILE`, by default
 * .gradpool/bench/; an interrupted run goes on). The same curves then drive the real scheduler core on a virtual clock, so that both
 * sides see the same trainings. Beside it, random search that trains as many of the 81 as the same epochs pay for. `--full` trains
 * on 50,000 images instead of 2,000, `--engines N` on N threads; `--json` prints the keys of the project's targets last.
 */
async function main(): Promise<void> {
  const full = process.argv.includes('--full');
  const file = path.resolve(
    option('--curves') ?? path.join('.gradpool', 'bench', `asha-curves${full ? '-full' : ''}.jsonl`),
  );
  await mkdir(path.dirname(file), { recursive: true });
  const cells = searchCells(full);
  const curves = await recordCurves(cells, file, Number(option('--engines') ?? 1));
  const recorded = cells.map(({ parameters }, index): RecordedCell => {
    return { parameters: parameters as SpecJson, epochs: searchEpochs, validation: curves[index]!.validationMse };
  });
  const whole = searchByCurves({ cells: recorded, earlyTerminate: null, workers: 4, seed: 0 });
  const best = bestOf(curves, whole.finished);
  const rows = [1, 4, 30].map((workers) => halved(workers, { curves, recorded, whole: whole.epochs, best }));
  const shown = rows[1]!;
  const random = randomSearch(curves, shown.epochShare, best);
  console.table([
    {
      search: 'all 81 to their ends',
      'test MSE': best.toFixed(6),
      'above the best': '0.00 %',
      'share of epochs': '100.0 %',
    },
    ...rows.map((row) => line(`ASHA, ${row.workers} workers (mean of ${orders} orders)`, row, best)),
    line(`random search with the epochs of 4 workers (mean of ${orders * 100} draws)`, random, best),
  ]);
  if (!process.argv.includes('--json')) return;
  console.log(
    JSON.stringify({
      bestWithinPercent: round(100 * shown.within),
      worstWithinPercent: round(100 * shown.worst),
      epochShare: round(shown.epochShare),
      randomWithinPercent: round(100 * random.within),
    }),
  );
}

/** Runs with workers of other speeds each: in what order figures come decides a little. */
const orders = 20;

interface Row {
  /** Mean share by which the best test error found is above that of the whole search; and the worst of the runs. */
  readonly within: number;
  readonly worst: number;
  readonly epochShare: number;
}

interface Known {
  readonly curves: readonly Curve[];
  readonly recorded: readonly RecordedCell[];
  readonly whole: number;
  readonly best: number;
}

function halved(workers: number, { curves, recorded, whole, best }: Known): Row & { readonly workers: number } {
  const earlyTerminate = { type: 'asha', eta: 3, min_iter: 1, compare_within: [] };
  const runs = Array.from({ length: orders }, (_, seed) => {
    const { epochs, finished } = searchByCurves({ cells: recorded, earlyTerminate, workers, seed });
    return { within: bestOf(curves, finished) / best - 1, epochShare: epochs / whole };
  });
  return { workers, ...summed(runs) };
}

/** As many whole trainings as the epochs pay for, drawn without putting back by a fixed sequence. */
function randomSearch(curves: readonly Curve[], epochShare: number, best: number): Row {
  const count = Math.max(1, Math.round(epochShare * curves.length));
  let state = 1;
  const below = (n: number): number => (state = (state * 48_271) % 2_147_483_647) % n;
  const runs = Array.from({ length: orders * 100 }, () => {
    const left = curves.map((_, index) => index);
    const drawn = Array.from({ length: count }, () => left.splice(below(left.length), 1)[0]!);
    return { within: bestOf(curves, drawn) / best - 1, epochShare };
  });
  return summed(runs);
}

function summed(runs: readonly { readonly within: number; readonly epochShare: number }[]): Row {
  const mean = (pick: (run: (typeof runs)[number]) => number): number =>
    runs.reduce((sum, run) => sum + pick(run), 0) / runs.length;
  const worst = Math.max(...runs.map(({ within }) => within));
  return { within: mean(({ within }) => within), worst, epochShare: mean((run) => run.epochShare) };
}

/** The least test error of these trainings; Infinity where all of them failed. */
function bestOf(curves: readonly Curve[], indices: readonly number[]): number {
  return Math.min(...indices.map((index) => curves[index]?.testMse ?? Infinity));
}

function line(search: string, { within, worst, epochShare }: Row, best: number) {
  return {
    search,
    'test MSE': (best * (1 + within)).toFixed(6),
    'above the best': `${(100 * within).toFixed(2)} % (worst ${(100 * worst).toFixed(2)} %)`,
    'share of epochs': `${(100 * epochShare).toFixed(1)} %`,
  };
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

const round = (value: number): number => Math.round(1000 * value) / 1000;

await main();
process.exit(0);
