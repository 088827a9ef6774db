import { type ImageShape, imageSize } from './image-shape.ts';
import { hasCode, trialKind } from './classifier-layers.ts';
import { codeSize } from './model-layers.ts';
import type { TrialSpec } from './trial-spec.ts';

/** How small the code is: its numbers, and how many values of a picture stand for each one of them. */
export interface CodeFigures {
  readonly code_size: number;
  readonly compression_ratio: number;
}

/** All channels of a spatial code count: one of 4 channels on maps of 7 x 7 has 196 numbers, not 4. */
export function codeFigures(spec: TrialSpec, image: ImageShape): CodeFigures {
  const size = codeSize(spec, image);
  return { code_size: size, compression_ratio: imageSize(image) / size };
}

interface Measured {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly measures: Readonly<Record<string, number>>;
}

/** A measure of a cell, where it means something: what older versions stored has a compression ratio of pixels, too. */
export function measureOf({ parameters, measures }: Measured, name: string): number | undefined {
  const ofCode = name === 'compression_ratio' || name === 'code_size';
  return ofCode && !hasCode(trialKind(parameters)) ? undefined : measures[name];
}
