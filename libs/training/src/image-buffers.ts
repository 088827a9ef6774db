import { addNoise, codeSize, imageSize, type ImageNoise, type ImageShape, type TrialSpec } from '@gradpool/experiment';

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

/** What a training step is computed from. */
export interface TrainingBuffers extends ImageBuffers {
  /** Standard normals of a variational code, rows of `codeSize`; empty for other codes. */
  readonly draws: Float32Array;
}

/** Buffers for batches of up to `capacity` images. */
export function trainingBuffers(spec: TrialSpec, image: ImageShape, capacity: number): TrainingBuffers {
  const draws = new Float32Array(spec.code === 'variational' ? capacity * codeSize(spec, image) : 0);
  return { ...plainBuffers(capacity * imageSize(image)), draws };
}
