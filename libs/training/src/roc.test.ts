import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rocCurve } from './roc.ts';

/** Every pair counted: 1 where the one that stands out is higher, a half for a tie. */
function bruteForce(scores: readonly number[], stands: readonly boolean[]): number {
  let [sum, pairs] = [0, 0];
  scores.forEach((high, i) => {
    scores.forEach((low, j) => {
      if (!stands[i] || stands[j]) return;
      pairs += 1;
      sum += high > low ? 1 : high === low ? 0.5 : 0;
    });
  });
  return sum / pairs;
}

test('[A2] the area is that of a count of all pairs, with ties', () => {
  const picture = fc.record({ score: fc.integer({ min: 0, max: 9 }), stands: fc.boolean() });
  fc.assert(
    fc.property(fc.array(picture, { minLength: 2, maxLength: 60 }), (pictures) => {
      const stands = pictures.map((each) => each.stands);
      fc.pre(stands.includes(true) && stands.includes(false));
      const scores = pictures.map(({ score }) => score);
      const { auc, points } = rocCurve(Float64Array.from(scores), stands, 1_000);
      expect(auc).toBeCloseTo(bruteForce(scores, stands), 12);
      expect([points[0], points.at(-1)]).toEqual([
        [0, 0],
        [1, 1],
      ]);
    }),
  );
});

test('[A2] a long curve is thinned, ends kept', () => {
  const scores = Float64Array.from({ length: 500 }, (_, i) => i);
  const { auc, points } = rocCurve(
    scores,
    Array.from(scores, (score) => score % 2 === 1),
    20,
  );
  expect(points).toHaveLength(20);
  expect(points.at(-1)).toEqual([1, 1]);
  expect(auc).toBeCloseTo(0.502, 3);
});
