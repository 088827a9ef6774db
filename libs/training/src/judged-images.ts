import { copyImage, imageSize, judgingNoiseKey } from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import { plainBuffers, type ImageBuffers } from './image-buffers.ts';

export type Split = 'test' | 'validation' | 'trained';

/** Images of one split, clean and under the noise that everyone is judged by. */
export interface JudgedImages {
  /** Number of the first one in its file, and how many they are. */
  readonly offset: number;
  readonly count: number;
  readonly pixels: number;
  /** Noise factor; 0 where noisy and clean images are the same. */
  readonly noise: number;
  /** Fills the buffers with `count` images from number `first` of the split. */
  fill(buffers: ImageBuffers, first: number, count: number): void;
}

export interface JudgedImagesOptions {
  readonly dataset: Dataset;
  /**
   * `validation` is the last `validationImages` of train, `trained` the first `trainedImages`; `train` is all of it, for
   * baselines to be fitted on.
   */
  readonly split: Split | 'train';
  readonly noise: number;
  readonly validationImages?: number;
  readonly trainedImages?: number;
}

/** Noise is addressed by the image's number in its file, so a picture looks the same however the split is cut. */
export function judgedImages(options: JudgedImagesOptions): JudgedImages {
  const { dataset, split, noise } = options;
  const { manifest, digest } = dataset;
  const pixels = imageSize(manifest.image);
  const images = split === 'test' ? dataset.testImages : dataset.trainImages;
  const { offset, count } = placeOf(options);
  const key = judgingNoiseKey(digest, split, noise);
  return {
    offset,
    count,
    pixels,
    noise,
    fill({ clean, addNoise }, first, taken) {
      for (let i = 0; i < taken; i += 1) copyImage(images, offset + first + i, pixels, clean, i);
      addNoise(taken * pixels, { factor: noise, key, position: (offset + first) * pixels });
    },
  };
}

/** Of a split in its file: the number of its first image, and how many they are. */
function placeOf({ dataset, split, validationImages = 0, trainedImages = 0 }: JudgedImagesOptions) {
  const { train, test } = dataset.manifest;
  switch (split) {
    case 'test':
      return { offset: 0, count: test.images };
    case 'train':
      return { offset: 0, count: train.images };
    case 'trained':
      return { offset: 0, count: Math.min(trainedImages, train.images) };
    case 'validation': {
      const count = Math.min(validationImages, train.images);
      return { offset: train.images - count, count };
    }
    default:
      return split satisfies never;
  }
}

/** Goes over a split in chunks, in two buffers that are reused. */
export async function forEachChunk(
  images: JudgedImages,
  chunkImages: number,
  visit: (chunk: { clean: Float32Array; noisy: Float32Array; count: number }) => Promise<void> | void,
): Promise<void> {
  const buffers = plainBuffers(chunkImages * images.pixels);
  const { clean, noisy } = buffers;
  for (let first = 0; first < images.count; first += chunkImages) {
    const count = Math.min(chunkImages, images.count - first);
    images.fill(buffers, first, count);
    const values = count * images.pixels;
    await visit({ clean: clean.subarray(0, values), noisy: noisy.subarray(0, values), count });
  }
}
