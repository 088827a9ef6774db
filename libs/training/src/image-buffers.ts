import { addNoise, type ImageNoise } from '@gradpool/experiment';

/** Clean and noisy images as rows of pixels in [0, 1]. */
export interface ImageBuffers {
  readonly clean: Float32Array;
  readonly noisy: Float32Array;
  /** noisy = clip(clean + factor N(0, 1), 0, 1) for the first `values` pixels; the same bits by whatever means. */
  readonly addNoise: (values: number, noise: ImageNoise) => void;
}

/** Buffers of `size` pixels each. */
export function plainBuffers(size: number): ImageBuffers {
  const clean = new Float32Array(size);
  const noisy = new Float32Array(size);
  return {
    clean,
    noisy,
    addNoise(values, noise) {
      addNoise(clean, noisy, values, noise);
    },
  };
}
