import { type ImageShape, imageSize } from './image-shape.ts';
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
