import { describe, expect, test } from '@jest/globals';
import { fillUniforms, streamOf } from '@gradpool/tensors';
import { parameterNames } from './parameter-names.ts';
import { sobolCoordinate, sobolDimensions, sobolDirections } from './sobol.ts';

const point = (index: number, dimensions: number): number[] =>
  Array.from({ length: dimensions }, (_, dimension) => sobolCoordinate(sobolDirections(dimension), index) / 2 ** 32);

describe('the Sobol sequence', () => {
  test('[P9] begins with the points that its direction numbers were published with', () => {
    const of512 = Array.from({ length: 9 }, (_, index) => point(index, 5).map((value) => 512 * value));
    expect(of512).toEqual([
      [0, 0, 0, 0, 0],
      [256, 256, 256, 256, 256],
      [384, 128, 128, 128, 384],
      [128, 384, 384, 384, 128],
      [192, 192, 320, 448, 192],
      [448, 448, 64, 192, 448],
      [320, 64, 448, 320, 320],
      [64, 320, 192, 64, 64],
      [96, 160, 480, 224, 288],
    ]);
    expect(sobolCoordinate(sobolDirections(47), 1000)).toBe(3946840064);
  });

  test('[P9] has each 64th of every axis once in its first 64 points, and a dimension for every parameter', () => {
    for (let dimension = 0; dimension < sobolDimensions; dimension += 1) {
      const directions = sobolDirections(dimension);
      const parts = Array.from({ length: 64 }, (_, index) => sobolCoordinate(directions, index) >>> 26);
      expect(new Set(parts).size).toBe(64);
    }
    expect(parameterNames.length).toBeLessThanOrEqual(sobolDimensions);
    expect(() => sobolDirections(sobolDimensions)).toThrow(RangeError);
  });

  test('[P9] is spread more evenly than random points are', () => {
    const n = 128;
    const sobol = Array.from({ length: n }, (_, index) => point(index, 6));
    const flat = new Float32Array(6 * n);
    fillUniforms(flat, { seed: 0, stream: streamOf('sobol', 'test') }, 0);
    const random = Array.from({ length: n }, (_, index) => [...flat.subarray(6 * index, 6 * index + 6)]);
    expect(discrepancy(sobol)).toBeLessThan(0.5 * discrepancy(random));
  });
});

/** Centred L2 discrepancy (Hickernell 1998) of points in the unit cube, squared root taken. */
function discrepancy(points: readonly number[][]): number {
  const n = points.length;
  const dimensions = points[0]!.length;
  const away = (x: number): number => Math.abs(x - 0.5);
  const single = points.reduce(
    (sum, x) => sum + x.reduce((product, xi) => product * (1 + away(xi) / 2 - away(xi) ** 2 / 2), 1),
    0,
  );
  const pairs = points.reduce(
    (sum, x) =>
      sum +
      points.reduce(
        (inner, y) =>
          inner +
          x.reduce((product, xi, i) => product * (1 + away(xi) / 2 + away(y[i]!) / 2 - Math.abs(xi - y[i]!) / 2), 1),
        0,
      ),
    0,
  );
  return Math.sqrt((13 / 12) ** dimensions - (2 / n) * single + pairs / n ** 2);
}
