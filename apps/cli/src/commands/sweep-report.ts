import type { SweepView } from '@gradpool/protocol';
import type { Api } from '../client/api.ts';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-codes.ts';
import type { Output } from '../screen/output.ts';
import { failureLines, reportLines } from '../screen/report.ts';
import { formatPlural } from '../screen/units.ts';

export interface ReportOptions {
  readonly output: Output;
  /** A sweep that is not whole is an error, for the sake of scripts. */
  readonly strict: boolean;
}

/** Prints what a sweep has found. `strict` rejects with the first reason where a trial failed. */
export async function reportSweep(api: Api, sweep: SweepView, { output, strict }: ReportOptions): Promise<void> {
  const board = await api.leaderboard(sweep.sweepId);
  const trials = sweep.trials.failed > 0 ? await api.trials(sweep.sweepId) : [];
  const failed = trials.filter(({ state }) => state === 'failed');
  const failures = failureLines(trials, output.look());
  output.say(['', ...reportLines(board, output.look()), '', ...failures, ...(failures.length > 0 ? [''] : [])]);
  output.json({ event: 'table', leaderboard: board, failed });
  if (!strict) return;
  refuseStopped(sweep);
  if (failed.length === 0) return;
  const reason = failures[1]?.trim() ?? 'no reason given';
  throw new CliError('E_TRIALS_FAILED', `${formatPlural(failed.length, 'trial')} of ${sweep.name} failed: ${reason}`);
}

/** A paused or cancelled sweep never has its whole table, so nobody waits for it. */
export function refuseStopped({ name, state }: SweepView): void {
  if (state === 'paused') {
    const remedy = `go on with it first: gradpool sweep resume ${name}`;
    throw new CliError('E_SWEEP_STOPPED', `the sweep ${name} is paused; ${remedy}`, exitCode.config);
  }
  if (state === 'cancelled') {
    const remedy = 'run it under another name, or change its file';
    throw new CliError('E_SWEEP_STOPPED', `the sweep ${name} was cancelled; ${remedy}`, exitCode.config);
  }
}
