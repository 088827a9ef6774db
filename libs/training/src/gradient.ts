import * as tf from '@tensorflow/tfjs-core';
import type { ParameterLayout } from '@gradpool/tensors';
import type { TrialSpec } from '@gradpool/experiment';
import { lossOfLogits } from './losses.ts';
import type { Autoencoder } from './model.ts';
import { readInPlace } from './read-in-place.ts';

/** Images as rows of pixels in [0, 1]: `noisy` goes in, `clean` is the target. Buffers may be longer than the batch. */
export interface Batch {
  readonly count: number;
  readonly noisy: Float32Array;
  readonly clean: Float32Array;
  /** Standard normals of a variational code, rows of `codeSize`; empty for other codes. */
  readonly draws: Float32Array;
}

/**
 * Mean loss of one batch and what is asked of the code; the gradient is written to `gradient` (flat, in layout order). Synchronous: the backends
 * used here keep tensors in main memory, so reading the loss of every step costs nothing.
 */
export function lossAndGradient(
  model: Autoencoder,
  loss: TrialSpec['loss'],
  parameters: Float32Array,
  batch: Batch,
  gradient: Float32Array,
): number {
  return tf.tidy(() => {
    const inputs = parameterTensors(model.layout, parameters);
    const { noisy, clean } = batchTensors(model, batch);
    const pass = model.forward(inputs, noisy, drawsTensor(batch, model.codeSize));
    const { loss: mean, dLogits } = lossOfLogits(loss, pass.logits, clean);
    const gradients = pass.backward(dLogits);
    for (const [i, entry] of model.layout.entries.entries()) {
      gradient.set(readInPlace(gradients[i]!), entry.offset);
    }
    return readInPlace(pass.penalty ? tf.add(mean, pass.penalty) : mean)[0]!;
  });
}

/** The rows of a batch's first images, [count, codeSize]; null where the code draws nothing. */
export function drawsTensor({ draws, count }: Pick<Batch, 'draws' | 'count'>, codeSize: number): tf.Tensor2D | null {
  return draws.length === 0 ? null : tf.tensor2d(draws.slice(0, count * codeSize), [count, codeSize], 'float32');
}

/** One tensor per layout entry. New ones at every step: XNNPACK keeps packed weights for the life of a tensor. */
export function parameterTensors(layout: ParameterLayout, parameters: Float32Array): tf.Tensor[] {
  return layout.entries.map(({ shape, offset, size }) =>
    tf.tensor(parameters.subarray(offset, offset + size), [...shape], 'float32'),
  );
}

function batchTensors(model: Autoencoder, batch: Batch): { noisy: tf.Tensor2D; clean: tf.Tensor2D } {
  const shape: [number, number] = [batch.count, model.pixels];
  const values = batch.count * model.pixels;
  return {
    noisy: tf.tensor2d(batch.noisy.subarray(0, values), shape, 'float32'),
    clean: tf.tensor2d(batch.clean.subarray(0, values), shape, 'float32'),
  };
}
