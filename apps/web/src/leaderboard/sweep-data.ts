import { useEffect, useRef } from 'react';
import {
  leaderboard,
  trialsAnswer,
  type Leaderboard,
  type LeaderboardRow,
  type SweepView,
  type TrialView,
} from '@gradpool/protocol';
import { useQuery } from '@tanstack/react-query';
import { getJson } from '../app/api.ts';
import { useLive } from '../app/use-live.ts';

export type Trials = ReadonlyMap<string, TrialView>;

/** Trials above which the page does without the list of them all. */
const listedTrialsMax = 20_000;

/** The verified figures of a sweep, and its trials; both go on changing as the room does. */
export function useSweepData(sweep: SweepView) {
  const { sweepId, baselinesWaiting } = sweep;
  const trialsInAll = trialCount(sweep);
  const board = useLive({
    key: ['leaderboard', sweepId],
    fetch: (signal) => getJson(`/api/sweeps/${sweepId}/leaderboard`, leaderboard, signal),
    pick: ({ cells }) => cells.filter((cell) => cell.sweepId === sweepId).map(({ row }) => row),
    merge: withRows,
  });
  const trials = useLive({
    key: ['trials', sweepId],
    fetch: (signal) => fetchTrials(sweepId, signal),
    pick: (changes) => changes.trials.filter((trial) => trial.sweepId === sweepId),
    merge: withTrials,
    enabled: trialsInAll <= listedTrialsMax,
  });
  // Baselines, cells that are stopped early, and those of an extension, are told by the sweep's own figures alone.
  useChanged(baselinesWaiting + sweep.trials.pruned, () => void board.refetch());
  useChanged(trialsInAll, () => void trials.refetch());
  return { board, trials };
}

/** The trials of one cell, for a sweep whose trials are not all listed. */
export function useCellTrials(sweepId: string, cellId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['cell trials', sweepId, cellId],
    queryFn: ({ signal }) => getJson(`/api/sweeps/${sweepId}/trials?cell=${cellId}`, trialsAnswer, signal),
    enabled,
    select: ({ trials }) => trials,
  });
}

export const trialCount = ({ trials }: SweepView): number => Object.values(trials).reduce((sum, n) => sum + n, 0);

async function fetchTrials(sweepId: string, signal: AbortSignal): Promise<Trials> {
  const { trials } = await getJson(`/api/sweeps/${sweepId}/trials`, trialsAnswer, signal);
  return new Map(trials.map((trial) => [trial.trialId, trial]));
}

function withRows(board: Leaderboard, rows: readonly LeaderboardRow[]): Leaderboard {
  if (rows.length === 0) return board;
  const merged = new Map([...board.rows, ...rows].map((row) => [row.cellId, row]));
  return { ...board, rows: [...merged.values()] };
}

const withTrials = (old: Trials, changed: readonly TrialView[]): Trials =>
  changed.length === 0 ? old : new Map([...old, ...changed.map((trial) => [trial.trialId, trial] as const)]);

/** Calls `act` when `value` becomes another one. */
function useChanged(value: number, act: () => void): void {
  const seen = useRef(value);
  useEffect(() => {
    if (seen.current === value) return;
    seen.current = value;
    act();
  });
}
