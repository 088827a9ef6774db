import { describe, expect, test } from '@jest/globals';
import type { Leaderboard, LeaderboardRow } from '@gradpool/protocol';
import { axisValuesMax, gridOf, squareKey, type GridOptions } from './grid.ts';
import { sampleRow } from './sample-row.ts';

const trial = (cellId: string, parameters: Record<string, number>, state: 'running' | 'complete') => ({
  cellId: cellId as never,
  parameters,
  state,
});
const options: GridOptions = {
  across: 'noise',
  down: 'latent',
  filters: new Map(),
  listed: { across: [0, 0.3], down: [16, 2] },
};
const board = (...rows: LeaderboardRow[]): Pick<Leaderboard, 'rows' | 'goal'> => ({ rows, goal: 'minimize' });

describe('the map', () => {
  test('has a row and a column for every listed value, before anything is known', () => {
    expect(gridOf(board(), [], options)).toMatchObject({ across: [0, 0.3], down: [2, 16] });
  });

  test('a square shows the best of its cells and counts its trials', () => {
    const at = { noise: 0, latent: 2 };
    const grid = gridOf(
      board(sampleRow({ ...at, rate: 1 }, 0.3), sampleRow({ ...at, rate: 2 }, 0.2)),
      [trial('0/2/1', { ...at, rate: 1 }, 'complete'), trial('c', { ...at, rate: 3 }, 'running')],
      options,
    );
    expect(grid?.squares.get(squareKey(0, 2))).toMatchObject({
      best: { cellId: '0/2/2', mean: 0.2 },
      cells: 3,
      trials: { complete: 1, running: 1, waiting: 0 },
    });
  });

  test('filters leave cells out', () => {
    const filters = new Map([['rate', new Set(['1'])]]);
    const rows = board(
      sampleRow({ noise: 0, latent: 2, rate: 1 }, 0.3),
      sampleRow({ noise: 0, latent: 2, rate: 2 }, 0.2),
    );
    expect(gridOf(rows, [], { ...options, filters })?.squares.get(squareKey(0, 2))?.best?.cellId).toBe('0/2/1');
  });

  test('one swept parameter makes one row', () => {
    const grid = gridOf(board(sampleRow({ latent: 2 }, 0.3)), [], {
      across: 'latent',
      down: null,
      filters: new Map(),
      listed: { across: [2, 4], down: [] },
    });
    expect([grid?.across, grid?.squares.get(squareKey(2, undefined))?.best?.mean]).toEqual([[2, 4], 0.3]);
  });

  test('nothing is drawn where an axis has too many values', () => {
    const rows = Array.from({ length: axisValuesMax + 1 }, (_, i) => sampleRow({ noise: i, latent: 2 }, 1));
    expect(gridOf(board(...rows), [], options)).toBeNull();
  });
});
