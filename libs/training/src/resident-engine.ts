import * as tf from '@tensorflow/tfjs-core';
import type { ImageShape, TrialSpec } from '@gradpool/experiment';
import { adamCorrected, adamInit, type AdamStep, type ParameterLayout } from '@gradpool/tensors';
import { deviceWatch, unlessLost } from './device-loss.ts';
import type { Engine } from './engine.ts';
import { plainBuffers } from './image-buffers.ts';
import { lossOfLogits, reconstruction } from './losses.ts';
import { autoencoder, type Autoencoder } from './model.ts';

/** What stays on the device between steps, each flat in layout order. */
interface Resident {
  parameters: tf.Tensor1D;
  gradient: tf.Tensor1D;
  m: tf.Tensor1D;
  v: tf.Tensor1D;
}

/**
 * An engine for backends with a memory of their own: weights and optimizer stay there, and go through the arrays only in
 * `load` and `save`. Reading makes the device wait for the caller, so every result is a promise.
 */
export function openResidentEngine(spec: TrialSpec, image: ImageShape, capacity: number): Engine {
  const model = autoencoder(spec, image);
  const { pixels, layout } = model;
  const parameters = new Float32Array(layout.size);
  const gradient = new Float32Array(layout.size);
  const adam = adamInit(layout.size);
  const buffers = plainBuffers(capacity * pixels);
  const { noisy, clean } = buffers;
  const { m, v } = adam;
  const arrays = { parameters, gradient, m, v };
  let resident: Resident | null = null;
  const onDevice = (): Resident => (resident ??= upload(arrays));
  const forget = (): void => {
    release(resident);
    resident = null;
  };
  return {
    ...{ ...buffers, parameters, gradient, adam, capacity, pixels },
    load: forget,
    close: forget,
    save: async () => {
      if (resident) await download(resident, arrays);
    },
    lossAndGradient: (count) => {
      const kept = onDevice();
      const result = tf.tidy(() => gradientOf(model, spec, kept.parameters, batch(pixels, count, noisy, clean)));
      kept.gradient.dispose();
      kept.gradient = result.gradient;
      return readOnce(result.loss).then((values) => values[0] ?? NaN);
    },
    update: (step) => {
      adamOnDevice(onDevice(), step);
    },
    reconstruct: (count) => {
      const kept = onDevice();
      return readOnce(
        tf.tidy(() => {
          const { noisy: x } = batch(pixels, count, noisy, clean);
          return reconstruction(model.forward(weightsOf(layout, kept.parameters), x).logits);
        }),
      );
    },
  };
}

type Arrays = Readonly<Record<keyof Resident, Float32Array>>;

function upload({ parameters, gradient, m, v }: Arrays): Resident {
  return {
    parameters: tf.tensor1d(parameters, 'float32'),
    gradient: tf.tensor1d(gradient, 'float32'),
    m: tf.tensor1d(m, 'float32'),
    v: tf.tensor1d(v, 'float32'),
  };
}

function release(resident: Resident | null): void {
  if (resident) for (const tensor of Object.values(resident) as tf.Tensor[]) tensor.dispose();
}

async function download(resident: Resident, arrays: Arrays): Promise<void> {
  deviceWatch().check();
  for (const name of ['parameters', 'gradient', 'm', 'v'] as const) {
    arrays[name].set(await unlessLost(resident[name].data<'float32'>()));
  }
}

/** Reads a tensor that nobody needs afterwards. */
async function readOnce(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return await unlessLost(tensor.data<'float32'>());
  } finally {
    tensor.dispose();
  }
}

function batch(pixels: number, count: number, noisy: Float32Array, clean: Float32Array) {
  const rows = (values: Float32Array): tf.Tensor2D =>
    // A copy: the device may take the values only after the caller has filled in the next batch.
    tf.tensor2d(values.slice(0, count * pixels), [count, pixels], 'float32');
  return { noisy: rows(noisy), clean: rows(clean) };
}

const weightsOf = (layout: ParameterLayout, parameters: tf.Tensor1D): tf.Tensor[] =>
  layout.entries.map(({ shape, offset, size }) => tf.reshape(tf.slice(parameters, offset, size), [...shape]));

function gradientOf(
  model: Autoencoder,
  spec: TrialSpec,
  parameters: tf.Tensor1D,
  images: { readonly noisy: tf.Tensor2D; readonly clean: tf.Tensor2D },
): { loss: tf.Tensor; gradient: tf.Tensor1D } {
  const pass = model.forward(weightsOf(model.layout, parameters), images.noisy);
  const { loss, dLogits } = lossOfLogits(spec.loss, pass.logits, images.clean);
  const gradient = tf.concat1d(pass.backward(dLogits).map((part) => tf.reshape(part, [-1])));
  return { loss, gradient };
}

/** Adam as in adam.ts, in the device's float32. */
function adamOnDevice(kept: Resident, step: AdamStep): void {
  const { beta1, beta2 } = step;
  const { rate, epsilon } = adamCorrected(step);
  const next = tf.tidy(() => {
    const m: tf.Tensor1D = tf.add(tf.mul(kept.m, beta1), tf.mul(kept.gradient, 1 - beta1));
    const v: tf.Tensor1D = tf.add(tf.mul(kept.v, beta2), tf.mul(tf.square(kept.gradient), 1 - beta2));
    const change = tf.mul(tf.div(m, tf.add(tf.sqrt(v), epsilon)), rate);
    return { parameters: tf.sub<tf.Tensor1D>(kept.parameters, change), m, v };
  });
  for (const name of ['parameters', 'm', 'v'] as const) {
    kept[name].dispose();
    kept[name] = next[name];
  }
}
