import { describe, expect, test } from '@jest/globals';
import type { SweepView, WorkerView } from '@gradpool/protocol';
import { roomFigures } from './room-figures.ts';

const worker = (more: Partial<WorkerView>) =>
  ({ kind: 'train', connected: true, presentMs: 0, busyMs: 0, ...more }) as WorkerView;
const sweep = (waiting: number, etaMs: number | null, state: SweepView['state'] = 'running') =>
  ({ state, etaMs, trials: { waiting } }) as SweepView;

describe('figures of the room', () => {
  test('only connected training workers count', () => {
    const workers = [
      worker({ presentMs: 100, busyMs: 90 }),
      worker({ presentMs: 300, busyMs: 300 }),
      worker({ kind: 'evaluate', presentMs: 500 }),
      worker({ connected: false, presentMs: 500 }),
    ];
    expect(roomFigures(workers, [], null)).toMatchObject({ workers: 2, trainingShare: 0.975 });
  });

  test('queue and time left are those of running sweeps', () => {
    const sweeps = [sweep(3, 5_000), sweep(4, 9_000), sweep(50, null, 'paused'), sweep(0, 0, 'complete')];
    expect(roomFigures([], sweeps, null)).toMatchObject({ queue: 7, leftMs: 9_000, trainingShare: null });
  });

  test('one sweep of unknown length makes the time left unknown', () => {
    expect(roomFigures([], [sweep(3, 5_000), sweep(4, null)], null).leftMs).toBeNull();
    expect(roomFigures([], [], null).leftMs).toBe(0);
  });
});
