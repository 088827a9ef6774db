import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { openApi } from '../client/api.ts';
import { findCoordinator, type ClientFlags } from '../client/find-coordinator.ts';
import { CliError, configError } from '../cli-error.ts';
import type { Output } from '../screen/output.ts';
import { formatEstimate, formatPlural } from '../screen/units.ts';
import { readSweepFile } from './sweep-file.ts';

export interface DryRunOptions {
  /** Absolute path. */
  readonly file: string;
  readonly flags: ClientFlags;
  readonly output: Output;
}

/** What a sweep would be. `estimateMs` is null where nothing is known of the workers' speed. */
interface Size {
  readonly cells: number;
  readonly trials: number;
  readonly seeds: number;
  readonly estimateMs: number | null;
  /** What the estimate rests on. */
  readonly basis: string;
}

/** Stands in for a measured speed: about what one core trains the default autoencoder at, on WebAssembly. */
const assumedFlopsPerSecond = 15e9;

/** Prints cells x seeds and an estimate of time; asks a running coordinator, else reckons here. Submits nothing. */
export async function dryRun({ file, flags, output }: DryRunOptions): Promise<void> {
  const yaml = readSweepFile(file);
  const size = (await askedSize(yaml, flags)) ?? (await reckonedSize(yaml, resolve(flags.dataDir)));
  output.json({ dryRun: true, ...size });
  const cells = `${formatPlural(size.cells, 'cell')} x ${formatPlural(size.seeds, 'seed')}`;
  const time = size.estimateMs === null ? 'time: unknown' : `time: ${formatEstimate(size.estimateMs)}`;
  output.say([
    `  ${cells} = ${formatPlural(size.trials, 'trial')}`,
    `  ${time} (${size.basis})`,
    '  Nothing was submitted.',
  ]);
}

/** Null where no coordinator answers; what it refuses, it refuses. */
async function askedSize(yaml: string, flags: ClientFlags): Promise<Size | null> {
  try {
    const answer = await openApi(findCoordinator(flags, 'admin')).dryRun({ yaml });
    if (answer.estimateMs === null) return null;
    return { ...answer, basis: 'by the measured speed of the workers that are connected' };
  } catch (error) {
    const isAbsent = error instanceof CliError && ['E_NO_COORDINATOR', 'E_UNREACHABLE'].includes(error.code);
    // An address that was asked for must answer; one that is only remembered may be gone.
    if (isAbsent && flags.url === undefined) return null;
    throw error;
  }
}

async function reckonedSize(yaml: string, dataDir: string): Promise<Size> {
  const [{ datasetNameOf, manifestOf, parseSweep, planCells }, { datasetsOf }] = await Promise.all([
    import('@gradpool/experiment'),
    import('../client/own-datasets.ts'),
  ]);
  const datasets = await datasetsOf(dataDir);
  const parsed = parseSweep(yaml, datasets);
  if (!parsed.ok) throw configError(parsed.code, parsed.message);
  const cells = planCells(parsed.sweep, manifestOf(datasetNameOf(parsed.sweep), datasets) ?? undefined);
  const seeds = parsed.sweep.seeds.count;
  const workers = availableParallelism();
  const speed = assumedFlopsPerSecond;
  const total = cells.reduce((sum, { cost, trials }) => sum + cost * trials.length, 0);
  const longest = Math.max(0, ...cells.map(({ cost }) => cost));
  // No schedule ends before its work is shared out evenly, nor before its longest trial.
  const estimateMs = Math.round((Math.max(total / workers, longest) / speed) * 1000);
  return {
    cells: cells.length,
    trials: cells.length * seeds,
    seeds,
    estimateMs,
    basis: `assuming ${workers} workers with ${speed / 1e9} GFLOP/s each; no coordinator with workers was asked`,
  };
}
