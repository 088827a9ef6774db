import * as tf from '@tensorflow/tfjs-core';
import type { ParameterLayout } from '@gradpool/tensors';
import {
  codeSize,
  encodedParts,
  imageSize,
  modelLayers,
  modelLayout,
  type ImageShape,
  type Layer,
  type TrialSpec,
} from '@gradpool/experiment';
import { inputArrangement, outputArrangement, rearrange, type Arrangement } from './arrangement.ts';
import { codeStage } from './code-stage.ts';
import { applyLayer, type LayerPass } from './layers.ts';

/** An autoencoder as a pure function of its parameters, which lie in the layout's order. */
export interface Autoencoder {
  readonly layout: ParameterLayout;
  /** Values of one image: height * width * channels. */
  readonly pixels: number;
  /** Numbers of the code of one image. */
  readonly codeSize: number;
  /**
   * `weights`: kernel and bias of each layer by turns; `images`: [count, pixels]; `draws`: the standard normals of a
   * variational code, [count, codeSize], or null for its mean.
   */
  readonly forward: (weights: readonly tf.Tensor[], images: tf.Tensor2D, draws: tf.Tensor2D | null) => ModelPass;
  /** Codes, [count, codeSize], of images, [count, pixels]; the means of a variational one. */
  readonly encode: (weights: readonly tf.Tensor[], images: tf.Tensor2D) => tf.Tensor2D;
  /** Logits, [count, pixels], of codes, [count, codeSize]. */
  readonly decode: (weights: readonly tf.Tensor[], codes: tf.Tensor2D) => tf.Tensor2D;
}

interface ModelPass {
  /** Logits of the reconstruction, [count, pixels]. */
  readonly logits: tf.Tensor2D;
  /** What is asked of the code, a scalar to be added to the loss; null where nothing is. */
  readonly penalty: tf.Tensor | null;
  /** Gradients in layout order, from the one at the logits; that of the penalty is in them. */
  readonly backward: (dLogits: tf.Tensor2D) => tf.Tensor[];
}

/** Some layers in order, the first of which has number `from` in the model. */
interface Stretch {
  readonly layers: readonly Layer[];
  readonly from: number;
}

/** The model that a spec names, for images of this shape. Its tensors belong to the caller's `tf.tidy`. */
export function autoencoder(spec: TrialSpec, image: ImageShape): Autoencoder {
  const { layers, encoderLayers } = modelLayers(spec, image);
  const encoder: Stretch = { layers: layers.slice(0, encoderLayers), from: 0 };
  const decoder: Stretch = { layers: layers.slice(encoderLayers), from: encoderLayers };
  const pixels = imageSize(image);
  const parts = encodedParts(spec);
  return {
    layout: modelLayout(spec, image),
    pixels,
    codeSize: codeSize(spec, image),
    forward(weights, images, draws) {
      const encoded = pass(encoder, weights, { x: images, arrangement: 'rows' });
      const code = codeStage(toColumns(encoded.y, parts), { spec, pixels, draws: draws && tf.transpose(draws) });
      const decoded = pass(decoder, weights, { x: code.code, arrangement: 'columns' });
      return {
        logits: rearrange(decoded.y.x, decoded.y.arrangement, 'rows') as tf.Tensor2D,
        penalty: code.penalty,
        backward(dLogits) {
          const outer = decoded.backward({ x: dLogits, arrangement: 'rows' }, true);
          const { x, arrangement } = outer.input!;
          const dEncoded = code.backward(rearrange(x, arrangement, 'columns') as tf.Tensor2D);
          const inner = encoded.backward(fromColumns(dEncoded, encoded.y.arrangement, parts), false);
          return [...inner.gradients, ...outer.gradients];
        },
      };
    },
    encode(weights, images) {
      const { y } = pass(encoder, weights, { x: images, arrangement: 'rows' });
      return tf.transpose(tf.slice(toColumns(y, parts), [0, 0], [codeSize(spec, image), -1]));
    },
    decode(weights, codes) {
      const { y } = pass(decoder, weights, { x: codes, arrangement: 'rows' });
      return rearrange(y.x, y.arrangement, 'rows') as tf.Tensor2D;
    },
  };
}

/** A batch and how it lies. */
interface Arranged {
  readonly x: tf.Tensor;
  readonly arrangement: Arrangement;
}

/** The encoder's output one image a column; where it gives two numbers for each one of the code, the means come first. */
function toColumns({ x, arrangement }: Arranged, parts: number): tf.Tensor2D {
  if (parts === 1 || typeof arrangement === 'string') return rearrange(x, arrangement, 'columns') as tf.Tensor2D;
  const { height, width, channels } = arrangement;
  const split = tf.reshape(x, [-1, height * width, parts, channels / parts]);
  return tf.reshape(tf.transpose(split, [2, 1, 3, 0]), [imageSize(arrangement), -1]);
}

/** The way back: gradients at such columns, arranged as the encoder's output is. */
function fromColumns(x: tf.Tensor2D, arrangement: Arrangement, parts: number): Arranged {
  if (parts === 1 || typeof arrangement === 'string') return { x, arrangement: 'columns' };
  const { height, width, channels } = arrangement;
  const split = tf.reshape(x, [parts, height * width, channels / parts, -1]);
  return { x: tf.reshape(tf.transpose(split, [3, 1, 0, 2]), [-1, height, width, channels]), arrangement };
}

export interface StretchPass {
  readonly y: Arranged;
  /** Gradients of kernels and biases in layout order; that at the input where it is wanted. */
  readonly backward: (dy: Arranged, wantInput: boolean) => { gradients: tf.Tensor[]; input: Arranged | null };
}

/** Layers over rows of numbers, [count, values]; tensors belong to the caller's `tf.tidy`. */
export function passLayers(
  layers: readonly Layer[],
  weights: readonly tf.Tensor[],
  x: tf.Tensor2D,
): StretchPass & { readonly rows: tf.Tensor2D } {
  const made = pass({ layers, from: 0 }, weights, { x, arrangement: 'rows' });
  return { ...made, rows: rearrange(made.y.x, made.y.arrangement, 'rows') as tf.Tensor2D };
}

function pass({ layers, from }: Stretch, weights: readonly tf.Tensor[], input: Arranged): StretchPass {
  const passes: LayerPass[] = [];
  let { x, arrangement } = input;
  for (const [i, layer] of layers.entries()) {
    const [kernel, bias] = [weights[2 * (from + i)]!, weights[2 * (from + i) + 1]!];
    const made = applyLayer(layer, kernel, bias, rearrange(x, arrangement, inputArrangement(layer)));
    passes.push(made);
    x = made.y;
    arrangement = outputArrangement(layer);
  }
  return { y: { x, arrangement }, backward: (dy, wantInput) => backward(layers, passes, dy, wantInput) };
}

function backward(
  layers: readonly Layer[],
  passes: readonly LayerPass[],
  last: Arranged,
  wantInput: boolean,
): ReturnType<StretchPass['backward']> {
  const gradients: tf.Tensor[] = [];
  let dy: Arranged | null = last;
  for (let i = layers.length - 1; i >= 0 && dy; i -= 1) {
    const layer = layers[i]!;
    const there = rearrange(dy.x, dy.arrangement, outputArrangement(layer));
    const { kernel, bias, input } = passes[i]!.backward(there, wantInput || i > 0);
    gradients.unshift(kernel, bias);
    dy = input && { x: input, arrangement: inputArrangement(layer) };
  }
  return { gradients, input: dy };
}
