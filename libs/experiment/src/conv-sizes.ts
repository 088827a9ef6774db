import type { ImageShape } from './image-shape.ts';
import type { TrialSpec } from './trial-spec.ts';

/** What decides the sizes of a convolutional model's maps. */
export type ConvSpec = Pick<TrialSpec, 'channels' | 'downsampling' | 'kernel_size' | 'padding'>;

/** Side of a max-pooling window, and its stride. */
const poolSide = 2;
const strideDown = 2;

/** Stride of the convolutions on the way down: max-pooling halves the maps in its place. */
export const convStride = ({ downsampling }: Pick<TrialSpec, 'downsampling'>): number =>
  downsampling === 'stride' ? strideDown : 1;

/** How often max-pooling divides a side of a convolution's maps; 1 where nothing is pooled. */
export const poolOf = ({ downsampling }: Pick<TrialSpec, 'downsampling'>): number =>
  downsampling === 'maxpool' ? poolSide : 1;

/** W, F, P and S of the formula that gives what a window yields along one side: (W - F + 2P)/S + 1. */
interface Windows {
  readonly size: number;
  readonly window: number;
  readonly padding: TrialSpec['padding'];
  readonly stride: number;
}

/** Windows along one side; `same` pads as it takes to get ceil(W / S). May be no whole number, or none at all. */
function windowsAlong({ size, window, padding, stride }: Windows): number {
  return padding === 'same' ? Math.ceil(size / stride) : (size - window + 2 * padding) / stride + 1;
}

/** The maps on the way down, from the picture to the smallest. Throws RangeError with `shapeProblem`'s text. */
export function encoderMaps(spec: ConvSpec, image: ImageShape): readonly [ImageShape, ...ImageShape[]] {
  const problem = shapeProblem(spec, image);
  if (problem !== null) throw new RangeError(problem);
  const smaller = (size: number): number => {
    return steps(spec, size).reduce((side, step) => windowsAlong({ ...step, size: side }), size);
  };
  const maps: [ImageShape, ...ImageShape[]] = [image];
  let { height, width } = image;
  for (const channels of spec.channels) {
    [height, width] = [smaller(height), smaller(width)];
    maps.push({ height, width, channels });
  }
  return maps;
}

/** One stage of the encoder along one side: the convolution, and what pools its output. */
function steps(spec: ConvSpec, size: number): readonly Windows[] {
  const convolution = { size, window: spec.kernel_size, padding: spec.padding, stride: convStride(spec) };
  return spec.downsampling === 'stride'
    ? [convolution]
    : [convolution, { size: windowsAlong(convolution), window: poolSide, padding: 0, stride: poolSide }];
}

/** Why a model of these settings cannot be built for images of this shape, with the arithmetic; null where it can. */
export function shapeProblem(spec: ConvSpec, image: ImageShape): string | null {
  for (const side of ['height', 'width'] as const) {
    let size = image[side];
    for (const stage of spec.channels.keys()) {
      for (const [i, step] of steps(spec, size).entries()) {
        const found = windowsAlong(step);
        const what = `${i === 0 ? `conv_${stage + 1}` : `max-pooling after conv_${stage + 1}`} over a ${side} of`;
        if (!Number.isInteger(found) || found < 1) return `${what} ${arithmetic(step, found)}`;
        size = found;
      }
    }
  }
  return null;
}

function arithmetic({ size, window, padding, stride }: Windows, found: number): string {
  const p = padding === 'same' ? 0 : padding;
  const sum = `(W - F + 2P)/S + 1 = (${size} - ${window} + 2*${p})/${stride} + 1 = ${Number(found.toFixed(2))}`;
  return `${size} gives ${sum}, ${found < 1 ? 'less than one' : 'no whole number'}`;
}
