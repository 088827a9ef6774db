import { describe, expect, test } from '@jest/globals';
import { placesOf } from './places.ts';

const row = (mean: number, ci95: number | null, n = 3) => ({ mean, ci95, n });

describe('bands of ties', () => {
  test('[R4] rows apart have places of their own', () => {
    expect(placesOf([row(1, 0.1), row(2, 0.1)])).toEqual([
      { from: 1, to: 1, band: 1 },
      { from: 2, to: 2, band: 2 },
    ]);
  });

  test('[R4] rows whose intervals overlap the first row share its band', () => {
    const places = placesOf([row(1, 0.3), row(1.2, 0.1), row(1.4, 0.1), row(1.6, 0.1)]);
    expect(places).toEqual([
      { from: 1, to: 3, band: 1 },
      { from: 1, to: 3, band: 1 },
      { from: 1, to: 3, band: 1 },
      { from: 4, to: 4, band: 2 },
    ]);
  });

  test('[R4] a chain of overlaps does not stretch a band beyond its first row', () => {
    expect(placesOf([row(1, 0.1), row(1.15, 0.1), row(1.3, 0.1)]).map((place) => place?.band)).toEqual([1, 1, 2]);
  });

  test('[R4] fewer than three seeds are shown without a place', () => {
    expect(placesOf([row(0.5, null, 1), row(1, 0.1), row(2, 0.1)])).toEqual([
      null,
      { from: 1, to: 1, band: 1 },
      { from: 2, to: 2, band: 2 },
    ]);
  });

  test('[R4] higher is better: rows stand from the highest down', () => {
    expect(placesOf([row(3, 0.1), row(2.9, 0.1), row(1, 0.1)]).map((place) => place?.band)).toEqual([1, 1, 2]);
  });
});
