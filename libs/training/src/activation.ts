import * as tf from '@tensorflow/tfjs-core';
import type { TrialSpec } from '@gradpool/experiment';

export type Activation = TrialSpec['activation'];

/** A value and how a gradient flows back through its computation. */
export interface Activated<T extends tf.Tensor> {
  readonly y: T;
  /** Gradient with respect to the input, from the one with respect to `y`. */
  readonly backward: (dy: T) => T;
}

/** Applies a named activation, element by element. */
export function activate<T extends tf.Tensor>(name: Activation, x: T): Activated<T> {
  switch (name) {
    case 'relu': {
      const y = tf.relu(x);
      return { y, backward: (dy) => tf.mul(dy, tf.step(y)) };
    }
    case 'elu': {
      // exp(x) - 1 below zero, where the derivative is y + 1.
      const y = tf.elu(x);
      return { y, backward: (dy) => tf.mul(dy, tf.add(tf.minimum(y, 0), 1)) };
    }
    case 'tanh': {
      // tanh x = 2 sigmoid(2x) - 1: the wasm backend's own tanh is a scalar loop, 15 times slower.
      const y: T = tf.sub(tf.mul(tf.sigmoid(tf.mul(x, 2)), 2), 1);
      return { y, backward: (dy) => tf.mul(dy, tf.sub(1, tf.square(y))) };
    }
    case 'sigmoid': {
      const y = tf.sigmoid(x);
      return { y, backward: (dy) => tf.mul(dy, tf.mul(y, tf.sub(1, y))) };
    }
    case 'gelu':
      return gelu(x);
    default:
      return name satisfies never;
  }
}

const linear = 2 * Math.sqrt(2 / Math.PI);
const cubic = linear * 0.044715;

/**
 * Hendrycks & Gimpel (2016), tanh form: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) = x s,
 * s = sigmoid(u), u = 2 sqrt(2/pi) (x + 0.044715 x^3); derivative s (1 + x (1 - s) u').
 */
function gelu<T extends tf.Tensor>(x: T): Activated<T> {
  const squared = tf.square(x);
  const s: T = tf.sigmoid(tf.mul(x, tf.add(tf.mul(squared, cubic), linear)));
  return {
    y: tf.mul(x, s),
    backward(dy) {
      const slope = tf.add(tf.mul(squared, 3 * cubic), linear);
      const inner = tf.mul(tf.mul(x, slope), tf.sub(1, s));
      return tf.mul(dy, tf.mul(s, tf.add(inner, 1)));
    },
  };
}
