import { convStride, encoderMaps, poolOf } from './conv-sizes.ts';
import { type ImageShape, imageSize } from './image-shape.ts';
import type { TrialSpec } from './trial-spec.ts';

/** `linear` for the output, whose sigmoid belongs to the loss, and for most codes; the spec's own everywhere else. */
export type LayerActivation = TrialSpec['activation'] | 'linear';

/** y = activation(x W + b), W of shape [inputs, outputs]. A picture is flattened row-major, channels last. */
export interface DenseLayer {
  readonly kind: 'dense';
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: LayerActivation;
}

/**
 * A convolution with kernel [size, size, input channels, output channels], then max-pooling in windows of pool x pool; or
 * what undoes its shape: values repeated pool x pool, then the transposed convolution, with kernel [size, size, output
 * channels, input channels] (the shape of its mirror). A pool of 1 does neither.
 */
export interface ConvLayer {
  readonly kind: 'conv' | 'conv_transpose';
  readonly name: string;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: TrialSpec['padding'];
  readonly pool: number;
  readonly input: ImageShape;
  readonly output: ImageShape;
  readonly activation: LayerActivation;
}

export type Layer = DenseLayer | ConvLayer;

export interface ModelLayers {
  readonly layers: readonly Layer[];
  /** Number of layers up to the code: the output of `layers[encoderLayers - 1]` is the code, or what it is drawn from. */
  readonly encoderLayers: number;
}

/** The layers of a trial's autoencoder in order, from picture to reconstruction. */
export function modelLayers(spec: TrialSpec, image: ImageShape): ModelLayers {
  return spec.model === 'cnn' ? cnnLayers(spec, image) : mlpLayers(spec, image);
}

/** The larger and the smaller maps of a convolution itself, without what pools or repeats their values. */
export function convolvedMaps({ kind, pool, input, output }: ConvLayer): { large: ImageShape; small: ImageShape } {
  const [large, small] = kind === 'conv' ? [input, output] : [output, input];
  return { large, small: { ...small, height: small.height * pool, width: small.width * pool } };
}

/** Numbers that the encoder gives for each one of the code: a variational one gives a mean and a log variance. */
export const encodedParts = ({ code }: Pick<TrialSpec, 'code'>): number => (code === 'variational' ? 2 : 1);

/** The maps of a spatial code; null where the code is a vector. */
export function codeMaps(spec: TrialSpec, image: ImageShape): ImageShape | null {
  if (spec.model !== 'cnn' || spec.bottleneck === 'dense') return null;
  return { ...encoderMaps(spec, image).at(-1)!, channels: spec.latent };
}

/** Numbers in the code: `latent`, or in each channel of a spatial one as many as its map has places. */
export function codeSize(spec: TrialSpec, image: ImageShape): number {
  const maps = codeMaps(spec, image);
  return maps === null ? spec.latent : imageSize(maps);
}

/** What follows the encoder's last layer. The mean of a unit is a probability under `kl`, so it has to lie in (0, 1). */
function codeActivation({ model, code, activation }: TrialSpec): LayerActivation {
  if (code === 'kl') return 'sigmoid';
  return model === 'vanilla' && code !== 'variational' ? activation : 'linear';
}

function mlpLayers(spec: TrialSpec, image: ImageShape): ModelLayers {
  const pixels = imageSize(image);
  const hidden = spec.model === 'vanilla' ? [] : spec.hidden;
  const sizes = [pixels, ...hidden, spec.latent, ...hidden.toReversed(), pixels];
  const encoderLayers = hidden.length + 1;
  const last = sizes.length - 1;
  const layers = sizes.slice(1).map((size, i): Layer => {
    const isCode = i + 1 === encoderLayers;
    const activation = isCode ? codeActivation(spec) : i + 1 === last ? 'linear' : spec.activation;
    const outputs = isCode ? encodedParts(spec) * size : size;
    return { kind: 'dense', name: `dense_${i + 1}`, inputs: sizes[i] ?? 0, outputs, activation };
  });
  return { layers, encoderLayers };
}

function cnnLayers(spec: TrialSpec, image: ImageShape): ModelLayers {
  const maps = encoderMaps(spec, image);
  const halving = { kernelSize: spec.kernel_size, stride: convStride(spec), padding: spec.padding, pool: poolOf(spec) };
  const down = maps.slice(1).map((output, i): Layer => {
    const place = { kind: 'conv', name: `conv_${i + 1}`, input: maps[i]!, output } as const;
    return { ...place, ...halving, activation: spec.activation };
  });
  const code = spec.bottleneck === 'dense' ? denseCode(spec, maps.at(-1)!) : spatialCode(spec, maps.at(-1)!);
  const first = spec.bottleneck === 'dense' ? 1 : 2;
  const mirrored = maps.toReversed();
  const up = mirrored.slice(1).map((output, i): Layer => {
    const place = { kind: 'conv_transpose', name: `conv_transpose_${i + first}`, input: mirrored[i]!, output } as const;
    return { ...place, ...halving, activation: i + 1 === spec.channels.length ? 'linear' : spec.activation };
  });
  return { layers: [...down, ...code, ...up], encoderLayers: down.length + 1 };
}

function denseCode(spec: TrialSpec, smallest: ImageShape): [Layer, Layer] {
  const { latent, activation } = spec;
  const inside = imageSize(smallest);
  const encode = { inputs: inside, outputs: encodedParts(spec) * latent, activation: codeActivation(spec) };
  return [
    { kind: 'dense', name: 'dense_1', ...encode },
    { kind: 'dense', name: 'dense_2', inputs: latent, outputs: inside, activation },
  ];
}

/** One more convolution each way, which keeps the size of the maps. */
function spatialCode(spec: TrialSpec, smallest: ImageShape): [Layer, Layer] {
  const keeping = { kernelSize: spec.kernel_size, stride: 1, padding: 'same', pool: 1 } as const;
  const code = { ...smallest, channels: spec.latent };
  const encoded = { ...smallest, channels: encodedParts(spec) * spec.latent };
  const name = `conv_${spec.channels.length + 1}`;
  return [
    { kind: 'conv', name, ...keeping, input: smallest, output: encoded, activation: codeActivation(spec) },
    {
      kind: 'conv_transpose',
      name: 'conv_transpose_1',
      ...keeping,
      input: code,
      output: smallest,
      activation: spec.activation,
    },
  ];
}
