import type { Pause } from './pacer.ts';
import type { Points } from './points.ts';
import { topEigenpairs } from './symmetric-eigen.ts';

/** The points on their two directions of largest spread, [count, 2]; the second is 0 for points of one number. */
export async function principalPlane({ values, count, width }: Points, pause: Pause): Promise<Float32Array> {
  const mean = new Float64Array(width);
  for (let i = 0; i < count; i += 1) {
    for (let d = 0; d < width; d += 1) mean[d] = mean[d]! + values[i * width + d]! / count;
  }
  const covariance = new Float64Array(width * width);
  for (let i = 0; i < count; i += 1) {
    for (let a = 0; a < width; a += 1) {
      const centred = values[i * width + a]! - mean[a]!;
      for (let b = 0; b < width; b += 1) {
        const at = a * width + b;
        covariance[at] = covariance[at]! + (centred * (values[i * width + b]! - mean[b]!)) / count;
      }
    }
  }
  const axes = Math.min(2, width);
  const { vectors } = await topEigenpairs(covariance, width, axes, pause);
  const plane = new Float32Array(2 * count);
  for (let i = 0; i < count; i += 1) {
    for (let axis = 0; axis < axes; axis += 1) {
      let along = 0;
      for (let d = 0; d < width; d += 1) along += (values[i * width + d]! - mean[d]!) * vectors[axis * width + d]!;
      plane[2 * i + axis] = along;
    }
  }
  return plane;
}
