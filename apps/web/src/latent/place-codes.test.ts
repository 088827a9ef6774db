import { expect, jest, test } from '@jest/globals';
import type { CodedPictures, FromModel } from './messages.ts';
import { placeCodes, placedCodesMin } from './place-codes.ts';

test('tells of the map every few steps, until it stands still, and lets others speak between', () => {
  jest.useFakeTimers();
  const count = placedCodesMin + 10;
  const coded: CodedPictures = {
    ...{ image: { height: 1, width: 1, channels: 1 }, classes: 2, codeSize: 2, count },
    // Two lines far apart.
    codes: Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? (i % 4) * 1_000 : i)),
    labels: Uint8Array.from({ length: count }, (_, i) => i % 2),
    pictures: new Uint8Array(count),
  };
  const told: FromModel[] = [];
  placeCodes(coded, (message) => told.push(message));
  expect(told).toHaveLength(1);
  jest.runAllTimers();
  jest.useRealTimers();
  const last = told.at(-1);
  if (last?.type !== 'placed') throw new Error('nothing was placed');
  const { places, step, steps, neighbourAccuracy, silhouette } = last.placed;
  expect([step, neighbourAccuracy]).toEqual([steps, 1]);
  expect(silhouette).toBeGreaterThan(0.8);
  expect(places).toHaveLength(2 * count);
  expect(places.every(Number.isFinite)).toBe(true);
  expect(told.every((message, i) => message.type === 'placed' && message.placed.step === 10 * (i + 1))).toBe(true);
});
