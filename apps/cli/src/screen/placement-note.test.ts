import { expect, test } from '@jest/globals';
import type { Leaderboard, Placement } from '@gradpool/protocol';
import { sampleBoard } from '../testing/sample-room.ts';
import { plainLook } from './paint.ts';
import { placementLines } from './placement-note.ts';

function trained(...placements: Placement[]): Leaderboard {
  const whole = sampleBoard([[2, 0, 0.0374]]);
  const [row] = whole.rows;
  if (!row) throw new Error('the sample has no row');
  return { ...whole, rows: placements.map((placement) => ({ ...row, provenance: { ...row.provenance, placement } })) };
}

test('says how cells were trained, unless it was by one worker each', () => {
  expect(placementLines(trained('alone', 'alone'), plainLook(100))).toEqual([]);
  expect(placementLines(trained('exact', 'exact'), plainLook(100))).toEqual(['', '  trained pooled, in exact mode']);
  expect(placementLines(trained('alone', 'local', 'alone'), plainLook(100))).toEqual([
    '',
    '  trained 2 by one worker each, 1 pooled, in local mode (not bit-reproducible)',
  ]);
});
