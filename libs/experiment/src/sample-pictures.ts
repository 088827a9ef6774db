import { fillNormals, streamOf } from '@gradpool/tensors';
import { addNoise, copyImage, judgingNoiseKey } from './noisy-images.ts';
import type { TrialSpec } from './trial-spec.ts';

/** The pictures by which people watch a trial learn: the first test images, and the epochs whose pictures are kept. */
export const sampleLimits = { imagesMax: 8, epochsKeptMax: 60 } as const;

/** How many images of a test set of this size are shown. */
export const sampleImages = (testImages: number): number => Math.min(sampleLimits.imagesMax, testImages);

/** True for models whose decoder makes a picture of any draw from the prior, N(0, 1) in each unit of the code. */
export const isGenerator = ({ code }: Pick<TrialSpec, 'code'>): boolean => code === 'variational';

/** Pictures kept of an epoch: the images shown, reconstructed, and as many drawn from the prior where the model has one. */
export const keptPictures = (spec: Pick<TrialSpec, 'code'>, testImages: number): number =>
  sampleImages(testImages) * (isGenerator(spec) ? 2 : 1);

/** The codes that are drawn from the prior, rows of `codeSize`: the same after every epoch of every trial. */
export function priorCodes(count: number, codeSize: number): Float32Array {
  const codes = new Float32Array(count * codeSize);
  fillNormals(codes, { seed: 0, stream: streamOf('prior', codeSize) }, 0);
  return codes;
}

/** True where pictures after this epoch (from 1) of a run of `epochs` are kept: the first, the last, and evenly between. */
export function keepsPictures(epoch: number, epochs: number): boolean {
  const stride = Math.ceil(epochs / (sampleLimits.epochsKeptMax - 2));
  return epoch === 1 || epoch === epochs || epoch % stride === 0;
}

export interface SampleSource {
  /** The test images as bytes 0 to 255, at least as many as are shown. */
  readonly testImages: Uint8Array;
  /** Images in the test set. */
  readonly count: number;
  /** Values of one image. */
  readonly pixels: number;
  /** Of the data set's manifest. */
  readonly digest: string;
  /** Noise factor. */
  readonly noise: number;
}

export interface SamplePictures {
  /** [images, height, width, channels], 0 to 255. */
  readonly clean: Uint8Array;
  readonly noisy: Uint8Array;
}

/** The images shown, clean and under the noise that every trial of this noise factor is judged by. */
export function samplePictures({ testImages, count, pixels, digest, noise }: SampleSource): SamplePictures {
  const shown = sampleImages(count);
  const clean = new Float32Array(shown * pixels);
  const noisy = new Float32Array(shown * pixels);
  for (let i = 0; i < shown; i += 1) copyImage(testImages, i, pixels, clean, i);
  addNoise(clean, noisy, shown * pixels, { factor: noise, key: judgingNoiseKey(digest, 'test', noise), position: 0 });
  return { clean: bytesOfPixels(clean), noisy: bytesOfPixels(noisy) };
}

/**
 * Red where `made` is brighter than `wanted`, blue where it is darker (the mean over channels), white where they agree; both as bytes
 * 0 to 255, [pixels, channels]. Returns [pixels, 3].
 */
export function differenceColours(made: Uint8Array, wanted: Uint8Array, channels: number): Uint8Array {
  const colours = new Uint8Array((3 * wanted.length) / channels);
  for (let pixel = 0; pixel < wanted.length / channels; pixel += 1) {
    let sum = 0;
    for (let at = pixel * channels; at < (pixel + 1) * channels; at += 1) sum += (made[at] ?? 0) - (wanted[at] ?? 0);
    const rest = 255 - Math.min(255, Math.round(Math.abs(sum / channels)));
    colours.set(sum > 0 ? [255, rest, rest] : [rest, rest, 255], 3 * pixel);
  }
  return colours;
}

/** Pixels in [0, 1] as bytes 0 to 255, rounded to the nearest. */
export function bytesOfPixels(pixels: Float32Array): Uint8Array {
  return Uint8Array.from(pixels, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
}
