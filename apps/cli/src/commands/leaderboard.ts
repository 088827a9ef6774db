import { openApi, type Api, type ApiAddress } from '../client/api.ts';
import { configError } from '../cli-error.ts';
import { gridOf } from '../screen/grid.ts';
import type { Output } from '../screen/output.ts';
import { rankingLines } from '../screen/ranking.ts';
import { failureLines, reportLines } from '../screen/report.ts';
import { timeLeft } from '../screen/live-screen.ts';
import { isSettled } from '../client/room.ts';
import { formatPlural } from '../screen/units.ts';

export interface LeaderboardOptions {
  /** Name or id; null for the newest. */
  readonly sweep: string | null;
  readonly top: number;
  readonly address: ApiAddress;
  readonly output: Output;
}

/** Prints the grid and baselines where there is one, the ranking, and what is still to come. */
export async function showLeaderboard({ sweep: wanted, top, address, output }: LeaderboardOptions): Promise<void> {
  const api = openApi(address);
  const sweep = await api.sweep(wanted ?? (await newestSweep(api)));
  const board = await api.leaderboard(sweep.sweepId);
  output.json(board);
  if (output.mode === 'json') return;
  const look = output.look();
  const trials = sweep.trials.failed > 0 ? await api.trials(sweep.sweepId) : [];
  const ranking = gridOf(board) ? ['', ...rankingLines(board, look, top)] : [];
  const open = isSettled(sweep)
    ? []
    : ['', `  ${sweep.cellsDone} of ${formatPlural(sweep.cells, 'cell')} done; ${timeLeft(sweep)}.`];
  output.say(['', ...reportLines(board, look, top), ...ranking, ...open, ...failureLines(trials, look), '']);
}

async function newestSweep(api: Api): Promise<string> {
  const sweeps = await api.sweeps();
  const newest = sweeps.reduce((a, b) => (b.createdAt > (a?.createdAt ?? -1) ? b : a), sweeps[0]);
  if (!newest) throw configError('E_NOT_FOUND', `${api.url} has no sweep yet; add one with: gradpool sweep run FILE`);
  return newest.sweepId;
}
