import * as tf from '@tensorflow/tfjs-core';
import { imageSize, type ImageShape, type Layer } from '@gradpool/experiment';

/** How a batch lies in memory: [count, values], [values, count], or maps [count, height, width, channels]. */
export type Arrangement = 'rows' | 'columns' | ImageShape;

export function inputArrangement(layer: Layer): Arrangement {
  return layer.kind === 'dense' ? 'columns' : layer.input;
}

export function outputArrangement(layer: Layer): Arrangement {
  return layer.kind === 'dense' ? 'columns' : layer.output;
}

/** The same values otherwise arranged. The reverse move is its own gradient's way back. */
export function rearrange(x: tf.Tensor, from: Arrangement, to: Arrangement): tf.Tensor {
  if (from === to || (typeof from === 'object' && typeof to === 'object')) return x;
  const rows = toRows(x, from);
  if (to === 'rows') return rows;
  return to === 'columns' ? tf.transpose(rows) : tf.reshape(rows, [-1, to.height, to.width, to.channels]);
}

function toRows(x: tf.Tensor, from: Arrangement): tf.Tensor {
  if (from === 'rows') return x;
  return from === 'columns' ? tf.transpose(x) : tf.reshape(x, [-1, imageSize(from)]);
}
