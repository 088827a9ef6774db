import * as tf from '@tensorflow/tfjs-core';
import type { ConvLayer, DenseLayer, ImageShape, Layer } from '@gradpool/experiment';
import { activate, type Activated } from './activation.ts';

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

/** A stride-s convolution, or the transposed one: each is the other's gradient with respect to its input. */
function convolution(layer: ConvLayer, kernel: tf.Tensor4D, bias: tf.Tensor, x: tf.Tensor4D): LayerPass {
  const down = layer.kind === 'conv';
  const apply = down ? convolve : spread;
  const undo = down ? spread : convolve;
  const z: tf.Tensor4D = tf.add(apply(layer, kernel, x, layer.output), bias);
  const { y, backward } = activated(layer, z);
  return {
    y,
    backward(dy, wantInput) {
      const dz = backward(dy as tf.Tensor4D);
      return {
        kernel: down ? filterGradient(layer, kernel, x, dz) : filterGradient(layer, kernel, dz, x),
        bias: tf.sum(dz, [0, 1, 2]),
        input: wantInput ? undo(layer, kernel, dz, layer.input) : null,
      };
    },
  };
}

function convolve(layer: ConvLayer, kernel: tf.Tensor4D, maps: tf.Tensor4D): tf.Tensor4D {
  return tf.conv2d(maps, kernel, layer.stride, 'same');
}

function spread(layer: ConvLayer, kernel: tf.Tensor4D, maps: tf.Tensor4D, size: ImageShape): tf.Tensor4D {
  const shape: [number, number, number, number] = [maps.shape[0], size.height, size.width, size.channels];
  return tf.conv2dTranspose(maps, kernel, shape, layer.stride, 'same');
}

/** Gradient of the kernel that takes the larger maps to the smaller ones. */
function filterGradient(layer: ConvLayer, kernel: tf.Tensor4D, large: tf.Tensor4D, small: tf.Tensor4D): tf.Tensor {
  return tf
    .engine()
    .runKernel(
      'Conv2DBackpropFilter',
      { x: large, dy: small },
      { strides: [layer.stride, layer.stride], pad: 'same', dataFormat: 'NHWC', filterShape: kernel.shape },
    );
}

function activated<T extends tf.Tensor>(layer: Layer, z: T): Activated<T> {
  if (layer.activation === 'linear') return { y: z, backward: (dy) => dy };
  return activate(layer.activation, z);
}
