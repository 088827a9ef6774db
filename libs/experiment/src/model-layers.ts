import type { TrialSpec } from './trial-spec.ts';
import { type ImageShape, imageSize } from './image-shape.ts';

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
 * Stride-2 `same` convolution with kernel [size, size, input channels, output channels], or the transposed one that
 * undoes its shape with kernel [size, size, output channels, input channels] (the shape of its mirror).
 */
export interface ConvLayer {
  readonly kind: 'conv' | 'conv_transpose';
  readonly name: string;
  readonly kernelSize: number;
  readonly stride: number;
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

const kernelSize = 3;
const stride = 2;

/** The layers of a trial's autoencoder in order, from picture to reconstruction. */
export function modelLayers(spec: TrialSpec, image: ImageShape): ModelLayers {
  return spec.model === 'cnn' ? cnnLayers(spec, image) : mlpLayers(spec, image);
}

/** Units that the encoder ends with: a variational one gives a mean and a log variance for each unit of the code. */
export const encodedUnits = ({ code, latent }: Pick<TrialSpec, 'code' | 'latent'>): number =>
  code === 'variational' ? 2 * latent : latent;

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
    const outputs = isCode ? encodedUnits(spec) : size;
    return { kind: 'dense', name: `dense_${i + 1}`, inputs: sizes[i] ?? 0, outputs, activation };
  });
  return { layers, encoderLayers };
}

function cnnLayers(spec: TrialSpec, image: ImageShape): ModelLayers {
  const maps = [image];
  for (const channels of spec.channels) {
    const { height, width } = maps.at(-1) ?? image;
    maps.push({ height: Math.ceil(height / stride), width: Math.ceil(width / stride), channels });
  }
  const down = spec.channels.map((_, i): Layer => {
    return conv('conv', i + 1, maps[i] ?? image, maps[i + 1] ?? image, spec.activation);
  });
  const inside = imageSize(maps.at(-1) ?? image);
  const mirrored = maps.toReversed();
  const up = spec.channels.map((_, i): Layer => {
    const activation = i + 1 === spec.channels.length ? 'linear' : spec.activation;
    return conv('conv_transpose', i + 1, mirrored[i] ?? image, mirrored[i + 1] ?? image, activation);
  });
  const dense = (number: number, inputs: number, outputs: number, activation: LayerActivation): Layer => {
    return { kind: 'dense', name: `dense_${number}`, inputs, outputs, activation };
  };
  const encode = dense(1, inside, encodedUnits(spec), codeActivation(spec));
  const code = [encode, dense(2, spec.latent, inside, spec.activation)];
  return { layers: [...down, ...code, ...up], encoderLayers: down.length + 1 };
}

function conv(
  kind: ConvLayer['kind'],
  number: number,
  input: ImageShape,
  output: ImageShape,
  activation: LayerActivation,
): Layer {
  return { kind, name: `${kind}_${number}`, kernelSize, stride, input, output, activation };
}
