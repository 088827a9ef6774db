import { fillNormals, streamOf, type RandomKey } from '@gradpool/tensors';
import type { TrialSpec } from './trial-spec.ts';

/** Bytes 0 to 255 as pixels 0 to 1. */
const pixelOfByte = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** Copies image number `index` of `images` (bytes) to `out` at image position `at`, as pixels in [0, 1]. */
export function copyImage(images: Uint8Array, index: number, pixels: number, out: Float32Array, at: number): void {
  const from = index * pixels;
  const to = at * pixels;
  for (let i = 0; i < pixels; i += 1) out[to + i] = pixelOfByte[images[from + i]!]!;
}

/** Which noise: its factor, and where in which stream the first pixel's normal stands. */
export interface ImageNoise {
  readonly factor: number;
  readonly key: RandomKey;
  readonly position: number;
}

/**
 * noisy = clip(clean + factor N(0, 1), 0, 1), for `values` pixels whose first has position `position` in the stream.
 * `noisy` serves as the buffer of normals.
 */
export function addNoise(
  clean: Float32Array,
  noisy: Float32Array,
  values: number,
  { factor, key, position }: ImageNoise,
): void {
  if (factor === 0) {
    noisy.set(clean.subarray(0, values));
    return;
  }
  fillNormals(noisy.subarray(0, values), key, position);
  for (let i = 0; i < values; i += 1) {
    const value = clean[i]! + factor * noisy[i]!;
    noisy[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
}

/** Noise factor that an autoencoder is trained under. It is judged under `noise`; one whose encoder a classifier gets may learn under another. */
export function trainingNoise({ task, noise, pretrain_noise: own }: TrialSpec): number {
  return task === 'classify' ? (own ?? noise) : noise;
}

/** Noise of one training epoch: fresh each epoch, addressed by the position in the epoch's order. */
export function trainingNoiseKey(seed: number, epoch: number): RandomKey {
  return { seed, stream: streamOf('noise', epoch) };
}

/** Draws of a variational code in one training epoch, addressed as the noise is. */
export function codeDrawsKey(seed: number, epoch: number): RandomKey {
  return { seed, stream: streamOf('code', epoch) };
}

/** Noise that a split is judged under: the same for every trial and worker, addressed by the image's number. */
export function judgingNoiseKey(digest: string, split: string, factor: number): RandomKey {
  return { seed: 0, stream: streamOf('judging-noise', digest, split, factor) };
}
