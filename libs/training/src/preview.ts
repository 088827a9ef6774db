import {
  bytesOfPixels,
  codeSize,
  keptPictures,
  priorCodes,
  sampleImages,
  samplePictures,
  type TrialSpec,
} from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import type { Engine } from './engine.ts';
import { judgedImages } from './judged-images.ts';

/** The same few test images as they are, under their noise, and reconstructed. */
export interface Preview {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Pixels 0 to 255, [count, height, width, channels]. */
  readonly clean: Uint8Array;
  readonly noisy: Uint8Array;
  readonly reconstructed: Uint8Array;
}

interface Trial {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
}

/** The first images of the test split, as an engine's present weights reconstruct them from their noise. */
export async function previewOf(engine: Engine, { spec, dataset }: Trial): Promise<Preview> {
  const { manifest, digest, testImages } = dataset;
  const { images: count } = manifest.test;
  const inputs = samplePictures({ testImages, count, pixels: engine.pixels, digest, noise: spec.noise });
  const pictures = await epochPictures(engine, { spec, dataset });
  const reconstructed = pictures.subarray(0, inputs.clean.length);
  return { count: sampleImages(count), ...manifest.image, ...inputs, reconstructed };
}

/**
 * What an engine with its present weights makes of the images by which people watch a trial learn:
 * [images, height, width, channels] as bytes. After them, where the model is a generator, as many of its own.
 */
export async function epochPictures(engine: Engine, { spec, dataset }: Trial): Promise<Uint8Array> {
  const images = judgedImages({ dataset, split: 'test', noise: spec.noise });
  const shown = sampleImages(images.count);
  const { pixels, capacity } = engine;
  const bytes = new Uint8Array(keptPictures(spec, images.count) * pixels);
  for (let first = 0; first < shown; first += capacity) {
    const count = Math.min(capacity, shown - first);
    images.fill(engine, first, count);
    const output = await engine.reconstruct(count);
    bytes.set(bytesOfPixels(output.subarray(0, count * pixels)), first * pixels);
  }
  if (engine.decode) {
    const drawn = await engine.decode(priorCodes(shown, codeSize(spec, dataset.manifest.image)), shown);
    bytes.set(bytesOfPixels(drawn.subarray(0, shown * pixels)), shown * pixels);
  }
  return bytes;
}
