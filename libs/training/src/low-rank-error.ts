import * as tf from '@tensorflow/tfjs-core';
import { forEachChunk, type JudgedImages } from './judged-images.ts';
import type { LowRankMap } from './low-rank-map.ts';
import type { Pause } from './pacer.ts';
import { readInPlace } from './read-in-place.ts';

const chunkImages = 500;

/**
 * Mean squared error per pixel of a low-rank map on noisy images, for every rank from 0 to `map.rank`: with the v_j
 * orthonormal, |y - yhat|^2 = |y - meanY|^2 - sum over j < k of (2 c_j t_j - c_j^2), where c_j = e_j . (x - meanX)
 * and t_j = v_j . (y - meanY).
 */
export async function errorByRank(map: LowRankMap, images: JudgedImages, pause: Pause): Promise<Float64Array> {
  const { pixels } = images;
  const gained = new Float64Array(map.rank);
  let total = 0;
  await forEachChunk(images, chunkImages, async ({ clean, noisy, count }) => {
    total += subtractMean(clean, map.meanY);
    subtractMean(noisy, map.meanX);
    await pause();
    if (map.rank === 0) return;
    tf.tidy(() => {
      const coefficients = project(noisy, map.encode, count, pixels, map.rank);
      const targets = project(clean, map.decode, count, pixels, map.rank);
      addGains(gained, readInPlace(coefficients), readInPlace(targets));
    });
  });
  const errors = new Float64Array(map.rank + 1);
  let rest = total;
  for (let k = 0; k <= map.rank; k += 1) {
    errors[k] = rest / (images.count * pixels);
    rest -= gained[k] ?? 0;
  }
  return errors;
}

function project(rows: Float32Array, directions: Float64Array, count: number, pixels: number, rank: number): tf.Tensor {
  const matrix = tf.tensor2d(Float32Array.from(directions), [rank, pixels], 'float32');
  return tf.matMul(tf.tensor2d(rows, [count, pixels], 'float32'), matrix, false, true);
}

function addGains(gained: Float64Array, c: Float32Array, t: Float32Array): void {
  const rank = gained.length;
  for (let i = 0; i < c.length; i += 1) {
    const ci = c[i]!;
    gained[i % rank] = gained[i % rank]! + ci * (2 * t[i]! - ci);
  }
}

/** In place; returns the sum of squares of what is left. */
function subtractMean(rows: Float32Array, mean: Float64Array): number {
  let sum = 0;
  for (let first = 0; first < rows.length; first += mean.length) {
    for (let i = 0; i < mean.length; i += 1) {
      const value = rows[first + i]! - mean[i]!;
      rows[first + i] = value;
      sum += value * value;
    }
  }
  return sum;
}
