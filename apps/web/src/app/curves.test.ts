import { describe, expect, test } from '@jest/globals';
import { alignedCurves, curveOf, metricNames } from './curves.ts';

const point = (attempt: number, epoch: number, value: number, name = 'train_mse') => ({ attempt, epoch, value, name });

describe('curves', () => {
  test('a later attempt replaces the epochs that it trained again and keeps the others', () => {
    const points = [point(1, 1, 0.9), point(2, 3, 0.3), point(1, 2, 0.8), point(2, 2, 0.5), point(1, 3, 0.7)];
    expect(curveOf(points, 'train_mse')).toEqual({ epochs: [1, 2, 3], values: [0.9, 0.5, 0.3] });
  });

  test('a metric without points has an empty curve', () => {
    expect(curveOf([point(1, 1, 0.9)], 'validation_mse')).toEqual({ epochs: [], values: [] });
    expect(metricNames([point(1, 1, 0.9), point(1, 1, 7, 'images_per_second')])).toEqual([
      'train_mse',
      'images_per_second',
    ]);
  });

  test('curves of different lengths share their epochs, with gaps', () => {
    expect(
      alignedCurves([
        { epochs: [1, 2], values: [5, 4] },
        { epochs: [2, 4], values: [3, 2] },
      ]),
    ).toEqual([
      [1, 2, 4],
      [5, 4, null],
      [null, 3, 2],
    ]);
  });

  test('nothing has no epochs', () => {
    expect(alignedCurves([])).toEqual([[]]);
  });
});
