import { expect, test } from '@jest/globals';
import { fillNormals } from '@gradpool/tensors';
import { meanSilhouette, neighbourAccuracy, squaredDistances } from './neighbours.ts';
import { startTsne } from './tsne.ts';

/** `groups` clouds of 30 points in 10 dimensions, their centres `apart` from each other. */
function clouds(groups: number, apart: number) {
  const [each, size] = [30, 10];
  const points = new Float32Array(groups * each * size);
  fillNormals(points, { seed: 3, stream: 1 }, 0);
  const labels = Uint8Array.from({ length: groups * each }, (_, i) => Math.floor(i / each));
  labels.forEach((label, i) => (points[i * size + label] = points[i * size + label]! + apart));
  return { points, labels };
}

const embedded = (points: Float32Array, count: number, steps: number, seed = 0): Float32Array => {
  const tsne = startTsne({ points, count, perplexity: 15, seed });
  for (let i = 0; i < steps; i += 1) tsne.step();
  return Float32Array.from(tsne.places);
};

test('[V1] neighbours stay neighbours: clouds of ten dimensions are islands of the map', () => {
  const { points, labels } = clouds(4, 12);
  const places = embedded(points, labels.length, 500);
  expect(places.every(Number.isFinite)).toBe(true);
  expect(neighbourAccuracy({ points: places, labels }, 10)).toBe(1);
  expect(meanSilhouette({ points: places, labels })).toBeGreaterThan(0.6);
});

test('[V1] the same seed gives the same map, another one another', () => {
  const { points, labels } = clouds(2, 5);
  const map = embedded(points, labels.length, 50);
  expect(embedded(points, labels.length, 50)).toEqual(map);
  expect(embedded(points, labels.length, 50, 1)).not.toEqual(map);
});

test('[V1] points that are all the same do no harm; too few are refused', () => {
  expect(embedded(new Float32Array(60 * 4), 60, 300).every(Number.isFinite)).toBe(true);
  expect(() => startTsne({ points: new Float32Array(20), count: 10, perplexity: 15, seed: 0 })).toThrow(RangeError);
});

test('[V2] accuracy of neighbours: each other row votes once, never the row itself', () => {
  const points = Float32Array.of(0, 1, 2, 10, 11, 3);
  const labels = Uint8Array.of(0, 0, 0, 1, 1, 1);
  // The last one lies among the others' kind; the pair far out has one neighbour of its own kind.
  expect(neighbourAccuracy({ points, labels }, 1)).toBeCloseTo(5 / 6, 12);
  expect(neighbourAccuracy({ points, labels }, 3)).toBeCloseTo(5 / 6, 12);
  expect(() => neighbourAccuracy({ points, labels }, 6)).toThrow(RangeError);
});

test('[V3] silhouette by hand', () => {
  const points = Float32Array.of(0, 1, 10, 12);
  const labels = Uint8Array.of(0, 0, 1, 1);
  // a and b of each: 1, 11; 1, 10; 2, 9.5; 2, 11.5.
  const expected = (10 / 11 + 9 / 10 + 7.5 / 9.5 + 9.5 / 11.5) / 4;
  expect(meanSilhouette({ points, labels })).toBeCloseTo(expected, 6);
  expect(meanSilhouette({ points, labels: new Uint8Array(4) })).toBeNaN();
  expect(meanSilhouette({ points, labels: Uint8Array.of(0, 1, 2, 3) })).toBe(0);
});

test('[V2] distances of all pairs', () => {
  expect([...squaredDistances(Float32Array.of(0, 0, 3, 4), 2)]).toEqual([0, 25, 25, 0]);
});
