import * as tf from '@tensorflow/tfjs-core';
import { forEachChunk, type JudgedImages } from './judged-images.ts';
import type { Pause } from './pacer.ts';
import { readInPlace } from './read-in-place.ts';

/** Means and covariances of noisy images x and clean ones y; matrices are pixels x pixels, row-major. */
export interface Moments {
  /** Images that they are of. */
  readonly count: number;
  readonly meanX: Float64Array;
  readonly meanY: Float64Array;
  readonly covarianceXX: Float64Array;
  readonly covarianceXY: Float64Array;
}

/** Images a product takes: long enough to be fast, short enough to be added in float32 without loss. */
const chunkImages = 500;

/** Sums x x^T and x y^T over all images: float32 products of a chunk, added in double. Some 10 s for 60,000 MNIST images. */
export async function imageMoments(images: JudgedImages, pause: Pause): Promise<Moments> {
  const { pixels, count } = images;
  const sumX = new Float64Array(pixels);
  const sumY = new Float64Array(pixels);
  const sumXX = new Float64Array(pixels * pixels);
  const sumXY = new Float64Array(pixels * pixels);
  await forEachChunk(images, chunkImages, async (chunk) => {
    addRows(sumX, chunk.noisy);
    addRows(sumY, chunk.clean);
    addProduct(sumXX, chunk.noisy, chunk.noisy, chunk.count);
    await pause();
    if (images.noise === 0) return;
    addProduct(sumXY, chunk.noisy, chunk.clean, chunk.count);
    await pause();
  });
  const meanX = sumX.map((sum) => sum / count);
  const meanY = sumY.map((sum) => sum / count);
  if (images.noise === 0) sumXY.set(sumXX);
  centre(sumXX, meanX, meanX, count);
  centre(sumXY, meanX, meanY, count);
  return { count, meanX, meanY, covarianceXX: sumXX, covarianceXY: sumXY };
}

function addRows(sum: Float64Array, rows: Float32Array): void {
  for (let first = 0; first < rows.length; first += sum.length) {
    for (let i = 0; i < sum.length; i += 1) sum[i] = sum[i]! + rows[first + i]!;
  }
}

function addProduct(sum: Float64Array, x: Float32Array, y: Float32Array, count: number): void {
  tf.tidy(() => {
    const left = tf.tensor2d(x, [count, x.length / count], 'float32');
    const right = tf.tensor2d(y, [count, y.length / count], 'float32');
    const product = readInPlace(tf.matMul(left, right, true, false));
    for (let i = 0; i < sum.length; i += 1) sum[i] = sum[i]! + product[i]!;
  });
}

/** From sums of products to the covariance, in place. */
function centre(sums: Float64Array, meanX: Float64Array, meanY: Float64Array, count: number): void {
  const n = meanX.length;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      sums[i * n + j] = sums[i * n + j]! / count - meanX[i]! * meanY[j]!;
    }
  }
}
