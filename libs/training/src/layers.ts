import * as tf from '@tensorflow/tfjs-core';
import { convolvedMaps, type ConvLayer, type DenseLayer, type ImageShape, type Layer } from '@gradpool/experiment';
import { activate, type Activated } from './activation.ts';
import { maxPooled, repeated } from './pooling.ts';

/** What a layer made of its input, and how a gradient of the loss flows back through it. */
export interface LayerPass {
  readonly y: tf.Tensor;
  /** From the gradient at `y`: those at kernel and bias, and at the input where `wantInput` says it is needed. */
  readonly backward: (dy: tf.Tensor, wantInput: boolean) => LayerGradients;
}

interface LayerGradients {
  readonly kernel: tf.Tensor;
  readonly bias: tf.Tensor;
  readonly input: tf.Tensor | null;
}

/**
 * Applies one layer. Dense layers take and give one sample a column, [values, count]; convolutions take and give maps,
 * [count, height, width, channels]. The last layer is linear: the losses work on logits.
 */
export function applyLayer(layer: Layer, kernel: tf.Tensor, bias: tf.Tensor, x: tf.Tensor): LayerPass {
  return layer.kind === 'dense'
    ? dense(layer, kernel as tf.Tensor2D, bias, x as tf.Tensor2D)
    : convolution(layer, kernel as tf.Tensor4D, bias, x as tf.Tensor4D);
}

/**
 * y = a(W^T x + b), W [in, out]: dW = x dz^T, dx = W dz. Samples lie in columns because XNNPACK repacks the right
 * factor of every product: this way that is always the batch, never the weights, forward and backward.
 */
function dense(layer: DenseLayer, kernel: tf.Tensor2D, bias: tf.Tensor, x: tf.Tensor2D): LayerPass {
  const z: tf.Tensor2D = tf.add(tf.matMul(kernel, x, true, false), tf.reshape(bias, [-1, 1]));
  const { y, backward } = activated(layer, z);
  return {
    y,
    backward(dy, wantInput) {
      const dz = backward(dy as tf.Tensor2D);
      return {
        kernel: tf.matMul(x, dz, false, true),
        bias: tf.sum(dz, 1),
        input: wantInput ? tf.matMul(kernel, dz) : null,
      };
    },
  };
}

/** A convolution, or the transposed one: each is the other's gradient with respect to its input. */
function convolution(layer: ConvLayer, kernel: tf.Tensor4D, bias: tf.Tensor, x: tf.Tensor4D): LayerPass {
  const down = layer.kind === 'conv';
  const { large } = convolvedMaps(layer);
  const input = down ? unchanged(x) : repeated(x, layer.pool);
  const z: tf.Tensor4D = tf.add(down ? convolve(layer, kernel, x) : spread(layer, kernel, input.y, large), bias);
  const { y, backward } = activated(layer, z);
  const output = down ? maxPooled(y, layer.pool) : unchanged(y);
  return {
    y: output.y,
    backward(dy, wantInput) {
      const dz = backward(output.backward(dy as tf.Tensor4D));
      const undo = (): tf.Tensor4D => (down ? spread(layer, kernel, dz, large) : convolve(layer, kernel, dz));
      return {
        kernel: down ? filterGradient(layer, kernel, x, dz) : filterGradient(layer, kernel, dz, input.y),
        bias: tf.sum(dz, [0, 1, 2]),
        input: wantInput ? input.backward(undo()) : null,
      };
    },
  };
}

function convolve(layer: ConvLayer, kernel: tf.Tensor4D, maps: tf.Tensor4D): tf.Tensor4D {
  return tf.conv2d(maps, kernel, layer.stride, layer.padding);
}

function spread(layer: ConvLayer, kernel: tf.Tensor4D, maps: tf.Tensor4D, size: ImageShape): tf.Tensor4D {
  const shape: [number, number, number, number] = [maps.shape[0], size.height, size.width, size.channels];
  return tf.conv2dTranspose(maps, kernel, shape, layer.stride, layer.padding);
}

/** Gradient of the kernel that takes the larger maps to the smaller ones. */
function filterGradient(layer: ConvLayer, kernel: tf.Tensor4D, large: tf.Tensor4D, small: tf.Tensor4D): tf.Tensor {
  return tf
    .engine()
    .runKernel(
      'Conv2DBackpropFilter',
      { x: large, dy: small },
      { strides: [layer.stride, layer.stride], pad: layer.padding, dataFormat: 'NHWC', filterShape: kernel.shape },
    );
}

const unchanged = <T extends tf.Tensor>(x: T): Activated<T> => ({ y: x, backward: (dy) => dy });

function activated<T extends tf.Tensor>(layer: Layer, z: T): Activated<T> {
  if (layer.activation === 'linear') return unchanged(z);
  return activate(layer.activation, z);
}
