import { expect, test } from '@jest/globals';
import { fillNormals } from '@gradpool/tensors';
import { classSeparation } from './class-separation.ts';
import { embedCodes } from './embedding.ts';
import { pacer, yieldByTimer } from './pacer.ts';
import { principalPlane } from './principal-axes.ts';
import type { Points } from './points.ts';

const pause = pacer(yieldByTimer);

/** Classes around places of their own in eight dimensions, one unit wide. */
function clusters(count: number, classes: number, apart: number): { points: Points; labels: Uint8Array } {
  const width = 8;
  const values = new Float32Array(count * width);
  fillNormals(values, { seed: 5, stream: 1 }, 0);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  for (const [i, label] of labels.entries()) values[i * width + label] = values[i * width + label]! + apart;
  return { points: { values, count, width }, labels };
}

test('clusters stay together on both maps, and the same codes give the same maps', async () => {
  const { points, labels } = clusters(240, 4, 12);
  const shares: number[] = [];
  const made = await embedCodes({ points, labels, classes: 4, onProgress: (share) => shares.push(share) });
  expect(made.separation.tsne.neighbourAccuracy).toBe(1);
  expect(made.separation.tsne.silhouette).toBeGreaterThan(0.7);
  expect(made.separation.codes.neighbourAccuracy).toBe(1);
  expect(shares.at(-1)).toBe(1);
  const again = await embedCodes({ points, labels, classes: 4 });
  expect(again).toEqual(made);
});

test('t-SNE keeps apart what PCA lays on top of each other', async () => {
  // Eight classes, each in a direction of its own: a plane has no room for eight directions.
  const { points, labels } = clusters(320, 8, 9);
  const { separation } = await embedCodes({ points, labels, classes: 8 });
  expect(separation.tsne.neighbourAccuracy).toBeGreaterThan(0.97);
  expect(separation.pca.neighbourAccuracy).toBeLessThan(0.9);
});

test('without structure the figures say so', async () => {
  const { points, labels } = clusters(300, 3, 0);
  const { silhouette, neighbourAccuracy } = await classSeparation({ points, labels, classes: 3, pause });
  expect(Math.abs(silhouette)).toBeLessThan(0.05);
  expect(neighbourAccuracy).toBeLessThan(0.5);
});

test('silhouette and vote by hand: two pairs on a line, one point in the wrong pair', async () => {
  const points = { values: Float32Array.of(0, 1, 10, 11), count: 4, width: 1 };
  const right = await classSeparation({ points, labels: Uint8Array.of(0, 0, 1, 1), classes: 2, pause });
  // a = 1 for each; b = 10.5, 9.5, 9.5, 10.5.
  expect(right.silhouette).toBeCloseTo((2 * (9.5 / 10.5) + 2 * (8.5 / 9.5)) / 4, 12);
  const single = await classSeparation({ points, labels: Uint8Array.of(0, 1, 1, 1), classes: 2, pause });
  expect(single.silhouette).toBeLessThan(0.5);
});

test('the principal plane of a tilted line lies along it', async () => {
  const values = Float32Array.of(0, 0, 3, 4, 6, 8, 9, 12);
  const plane = await principalPlane({ values, count: 4, width: 2 }, pause);
  const along = [0, 2, 4, 6].map((i) => plane[i]! * Math.sign(plane[6]!));
  expect(along.map((value) => Math.round(value * 1e4) / 1e4)).toEqual([-7.5, -2.5, 2.5, 7.5]);
  for (const i of [1, 3, 5, 7]) expect(Math.abs(plane[i]!)).toBeLessThan(1e-5);
});

test('points that all coincide stay finite', async () => {
  const points = { values: new Float32Array(40), count: 20, width: 2 };
  const made = await embedCodes({ points, labels: new Uint8Array(20), classes: 1 });
  for (const value of [...made.pca, ...made.tsne]) expect(Number.isFinite(value)).toBe(true);
});
