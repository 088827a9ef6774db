import { fillUniforms, sha256Hex, streamOf } from '@gradpool/tensors';
import { datasetDigest, type DatasetManifest, type ImageShape } from '@gradpool/experiment';
import type { Dataset } from '../dataset.ts';

/** A made-up data set: each image a sum of a few smooth bumps, so that a small code can describe it. */
export function tinyDataset({ image, train, test }: { image: ImageShape; train: number; test: number }): Dataset {
  const manifest: DatasetManifest = {
    name: 'tiny',
    image,
    classes: 2,
    train: { images: train },
    test: { images: test },
    files: [
      { role: 'train-images', sha256: sha256Hex(new Uint8Array([train])), bytes: 0 },
      { role: 'test-images', sha256: sha256Hex(new Uint8Array([test])), bytes: 0 },
    ],
  };
  return {
    manifest,
    digest: datasetDigest(manifest),
    trainImages: bumps(image, train, 1),
    trainLabels: new Uint8Array(train),
    testImages: bumps(image, test, 2),
    testLabels: new Uint8Array(test),
  };
}

function bumps({ height, width, channels }: ImageShape, count: number, seed: number): Uint8Array {
  const random = new Float32Array(3 * count);
  fillUniforms(random, { seed, stream: streamOf('bumps') }, 0);
  const images = new Uint8Array(count * height * width * channels);
  let at = 0;
  for (let n = 0; n < count; n += 1) {
    const row = (random[3 * n] ?? 0) * height;
    const column = (random[3 * n + 1] ?? 0) * width;
    const size = 1 + 3 * (random[3 * n + 2] ?? 0);
    for (let i = 0; i < height; i += 1) {
      for (let j = 0; j < width; j += 1) {
        const distance = ((i - row) ** 2 + (j - column) ** 2) / (size * size);
        for (let c = 0; c < channels; c += 1) {
          images[at] = Math.round(255 / (1 + distance + c));
          at += 1;
        }
      }
    }
  }
  return images;
}
