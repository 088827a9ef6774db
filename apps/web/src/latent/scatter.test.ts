import { expect, test } from '@jest/globals';
import { fittedPlaces, nearestPlace } from './scatter.ts';

test('places fill the square by their longer side, and keep their shape', () => {
  expect([...fittedPlaces(Float32Array.of(-1, 0, 3, 0, 1, 2), 100, 10)]).toEqual([10, 30, 90, 30, 50, 70]);
});

test('places that are all one stand in the middle', () => {
  expect([...fittedPlaces(Float32Array.of(5, 5, 5, 5), 100, 10)]).toEqual([50, 50, 50, 50]);
});

test('the nearest place, within reach only', () => {
  const fitted = Float32Array.of(10, 10, 20, 20);
  expect(nearestPlace(fitted, 17, 18, 8)).toBe(1);
  expect(nearestPlace(fitted, 60, 60, 8)).toBeNull();
});
