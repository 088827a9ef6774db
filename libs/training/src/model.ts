import type * as tf from '@tensorflow/tfjs-core';
import type { ParameterLayout } from '@gradpool/tensors';
import { imageSize, modelLayers, modelLayout, type ImageShape, type Layer, type TrialSpec } from '@gradpool/experiment';
import { inputArrangement, outputArrangement, rearrange, type Arrangement } from './arrangement.ts';
import { applyLayer, type LayerPass } from './layers.ts';

/** An autoencoder as a pure function of its parameters, which lie in the layout's order. */
export interface Autoencoder {
  readonly layout: ParameterLayout;
  /** Values of one image: height * width * channels. */
  readonly pixels: number;
  /** `weights`: kernel and bias of each layer by turns; `images`: [count, pixels]. */
  readonly forward: (weights: readonly tf.Tensor[], images: tf.Tensor2D) => ModelPass;
}

interface ModelPass {
  /** Logits of the reconstruction, [count, pixels]. */
  readonly logits: tf.Tensor2D;
  /** Gradients in layout order, from the one at the logits. */
  readonly backward: (dLogits: tf.Tensor2D) => tf.Tensor[];
}

/** The model that a spec names, for images of this shape. Its tensors belong to the caller's `tf.tidy`. */
export function autoencoder(spec: TrialSpec, image: ImageShape): Autoencoder {
  const { layers } = modelLayers(spec, image);
  return {
    layout: modelLayout(spec, image),
    pixels: imageSize(image),
    forward(weights, images) {
      const { rows, passes } = applyLayers(layers, weights, images);
      return { logits: rows, backward: (dLogits) => backward(layers, passes, dLogits) };
    },
  };
}

/** One layer after the other, rows in and rows out; a final sigmoid is left out. */
export function applyLayers(
  layers: readonly Layer[],
  weights: readonly tf.Tensor[],
  rows: tf.Tensor2D,
): { readonly rows: tf.Tensor2D; readonly passes: readonly LayerPass[] } {
  const passes: LayerPass[] = [];
  let x: tf.Tensor = rows;
  let arrangement: Arrangement = 'rows';
  for (const [i, layer] of layers.entries()) {
    const input = rearrange(x, arrangement, inputArrangement(layer));
    const pass = applyLayer(layer, weights[2 * i]!, weights[2 * i + 1]!, input);
    passes.push(pass);
    x = pass.y;
    arrangement = outputArrangement(layer);
  }
  return { rows: rearrange(x, arrangement, 'rows') as tf.Tensor2D, passes };
}

function backward(layers: readonly Layer[], passes: readonly LayerPass[], dLogits: tf.Tensor2D): tf.Tensor[] {
  const gradients: tf.Tensor[] = [];
  let dx: tf.Tensor | null = dLogits;
  let arrangement: Arrangement = 'rows';
  for (let i = layers.length - 1; i >= 0 && dx; i -= 1) {
    const layer = layers[i]!;
    const dy = rearrange(dx, arrangement, outputArrangement(layer));
    const { kernel, bias, input } = passes[i]!.backward(dy, i > 0);
    gradients.unshift(kernel, bias);
    dx = input;
    arrangement = inputArrangement(layer);
  }
  return gradients;
}
