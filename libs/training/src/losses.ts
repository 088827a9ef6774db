import * as tf from '@tensorflow/tfjs-core';
import type { TrialSpec } from '@gradpool/experiment';

export interface LossAndGradient {
  /** Mean over pixels and images, a scalar. */
  readonly loss: tf.Tensor;
  /** Gradient of the mean with respect to the logits. */
  readonly dLogits: tf.Tensor2D;
}

/** Loss of logits against clean images, both [images, pixels]. */
export function lossOfLogits(loss: TrialSpec['loss'], logits: tf.Tensor2D, clean: tf.Tensor2D): LossAndGradient {
  return loss === 'mse' ? squaredError(logits, clean) : crossEntropy(logits, clean);
}

/** Pixels in (0, 1) from logits, for either loss. */
export function reconstruction(logits: tf.Tensor2D): tf.Tensor2D {
  return tf.sigmoid(logits);
}

/** (s - y)^2 with s = sigmoid(z); derivative 2 (s - y) s (1 - s). */
function squaredError(logits: tf.Tensor2D, clean: tf.Tensor2D): LossAndGradient {
  const s = reconstruction(logits);
  const difference: tf.Tensor2D = tf.sub(s, clean);
  const slope: tf.Tensor2D = tf.mul(s, tf.sub(1, s));
  return {
    loss: tf.mean(tf.square(difference)),
    dLogits: tf.mul(tf.mul(difference, slope), 2 / logits.size),
  };
}

/** -y log s(z) - (1 - y) log(1 - s(z)) = max(z, 0) - z y + log(1 + exp(-|z|)): no overflow for any z. Derivative s(z) - y. */
function crossEntropy(logits: tf.Tensor2D, clean: tf.Tensor2D): LossAndGradient {
  const tail = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
  return {
    loss: tf.mean(tf.add(tf.sub(tf.relu(logits), tf.mul(logits, clean)), tail)),
    dLogits: tf.mul(tf.sub(reconstruction(logits), clean), 1 / logits.size),
  };
}
