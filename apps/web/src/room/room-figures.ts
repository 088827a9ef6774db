import type { RoomStats, SweepView, WorkerView } from '@gradpool/protocol';

/** What the whole room does. Times in ms. */
export interface RoomFigures {
  readonly workers: number;
  readonly imagesPerSecond: number;
  /** Part of their time, since the coordinator started, that connected training workers had work in hand; null before. */
  readonly trainingShare: number | null;
  /** Trials that wait for a worker, in sweeps that run. */
  readonly queue: number;
  /** Until the last running sweep is done; null where that cannot be told. */
  readonly leftMs: number | null;
}

export function roomFigures(
  workers: Iterable<WorkerView>,
  sweeps: Iterable<SweepView>,
  stats: RoomStats | null,
): RoomFigures {
  const trainers = [...workers].filter(({ kind, connected }) => kind === 'train' && connected);
  const present = sum(trainers.map(({ presentMs }) => presentMs));
  const open = [...sweeps].filter(({ state }) => state === 'running');
  const left = open.map(({ etaMs }) => etaMs);
  return {
    workers: trainers.length,
    imagesPerSecond: stats?.imagesPerSecond ?? 0,
    trainingShare: present > 0 ? Math.min(1, sum(trainers.map(({ busyMs }) => busyMs)) / present) : null,
    queue: sum(open.map(({ trials }) => trials.waiting)),
    leftMs: left.every((ms) => ms !== null) ? Math.max(0, ...left) : null,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
