import { expect, test } from '@jest/globals';
import { classScores } from './class-scores.ts';
import { readTrialDetails } from './trial-details.ts';

test('[R5] precision, recall and F1 of a confusion matrix, a class that nothing is called and one that is empty', () => {
  const { accuracy, macro, classes } = classScores([
    [8, 2, 0],
    [4, 6, 0],
    [0, 0, 0],
  ]);
  expect(accuracy).toBeCloseTo(0.7, 12);
  expect(classes[0]).toEqual({ images: 10, precision: 8 / 12, recall: 0.8, f1: (2 * (8 / 12) * 0.8) / (8 / 12 + 0.8) });
  expect(classes[2]).toEqual({ images: 0, precision: 0, recall: 0, f1: 0 });
  expect(macro.recall).toBeCloseTo((0.8 + 0.6) / 3, 12);
});

test('[R6] details of a trial are read from any bytes, or are none', () => {
  const read = (text: string) => readTrialDetails(new TextEncoder().encode(text));
  expect(read('{"kind":"classification","confusion":[[1]]}')).toEqual({ kind: 'classification', confusion: [[1]] });
  expect([read('{'), read('{"kind":"classification","confusion":[[-1]]}'), read('null')]).toEqual([null, null, null]);
});
