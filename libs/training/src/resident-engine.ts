import * as tf from '@tensorflow/tfjs-core';
import { isGenerator, optimizerRule, type ImageShape, type TrialSpec } from '@gradpool/experiment';
import { stepNumbers, vectorsOf, type ParameterLayout, type StepNumbers } from '@gradpool/tensors';
import { deviceWatch, unlessLost } from './device-loss.ts';
import type { Engine } from './engine.ts';
import { trainingBuffers } from './image-buffers.ts';
import { drawsTensor } from './gradient.ts';
import { lossOfLogits, reconstruction } from './losses.ts';
import { autoencoder, type Autoencoder } from './model.ts';

/** What stays on the device between steps, each flat in layout order. */
interface Resident {
  parameters: tf.Tensor1D;
  gradient: tf.Tensor1D;
  /** What the optimizer remembers. */
  memory: tf.Tensor1D[];
}

/**
 * An engine for backends with a memory of their own: weights and optimizer stay there, and go through the arrays only in
 * `load` and `save`. Reading makes the device wait for the caller, so every result is a promise.
 */
export function openResidentEngine(spec: TrialSpec, image: ImageShape, capacity: number): Engine {
  const model = autoencoder(spec, image);
  const { pixels, layout, codeSize } = model;
  const parameters = new Float32Array(layout.size);
  const gradient = new Float32Array(layout.size);
  const rule = optimizerRule(spec);
  const memory = Array.from({ length: vectorsOf(rule) }, () => new Float32Array(layout.size));
  const buffers = trainingBuffers(spec, image, capacity);
  const { noisy, clean, draws } = buffers;
  const arrays = { parameters, gradient, memory };
  let resident: Resident | null = null;
  const onDevice = (): Resident => (resident ??= upload(arrays));
  const forget = (): void => {
    release(resident);
    resident = null;
  };
  return {
    ...{ ...buffers, parameters, gradient, memory, capacity, pixels },
    load: forget,
    close: forget,
    save: async () => {
      if (resident) await download(resident, arrays);
    },
    lossAndGradient: (count) => {
      const kept = onDevice();
      const result = tf.tidy(() => {
        const images = batch(pixels, count, noisy, clean);
        const normals = drawsTensor({ draws, count }, codeSize);
        return gradientOf(model, spec, kept.parameters, { ...images, draws: normals });
      });
      kept.gradient.dispose();
      kept.gradient = result.gradient;
      return readOnce(result.loss).then((values) => values[0] ?? NaN);
    },
    update: (step) => {
      stepOnDevice(onDevice(), stepNumbers(rule, step));
    },
    reconstruct: (count) => {
      const kept = onDevice();
      return readOnce(
        tf.tidy(() => {
          const { noisy: x } = batch(pixels, count, noisy, clean);
          return reconstruction(model.forward(weightsOf(layout, kept.parameters), x, null).logits);
        }),
      );
    },
    decode: isGenerator(spec)
      ? (codes, count) => {
          const kept = onDevice();
          return readOnce(
            tf.tidy(() => {
              const z = tf.tensor2d(codes.slice(0, count * codeSize), [count, codeSize], 'float32');
              return reconstruction(model.decode(weightsOf(layout, kept.parameters), z));
            }),
          );
        }
      : null,
  };
}

interface Arrays {
  readonly parameters: Float32Array;
  readonly gradient: Float32Array;
  readonly memory: readonly Float32Array[];
}

function upload({ parameters, gradient, memory }: Arrays): Resident {
  const place = (values: Float32Array): tf.Tensor1D => tf.tensor1d(values, 'float32');
  return { parameters: place(parameters), gradient: place(gradient), memory: memory.map(place) };
}

function release(resident: Resident | null): void {
  if (resident) tf.dispose([resident.parameters, resident.gradient, ...resident.memory]);
}

async function download({ parameters, gradient, memory }: Resident, arrays: Arrays): Promise<void> {
  deviceWatch().check();
  arrays.parameters.set(await unlessLost(parameters.data<'float32'>()));
  arrays.gradient.set(await unlessLost(gradient.data<'float32'>()));
  for (const [i, vector] of memory.entries()) arrays.memory[i]!.set(await unlessLost(vector.data<'float32'>()));
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
  images: { readonly noisy: tf.Tensor2D; readonly clean: tf.Tensor2D; readonly draws: tf.Tensor2D | null },
): { loss: tf.Tensor; gradient: tf.Tensor1D } {
  const pass = model.forward(weightsOf(model.layout, parameters), images.noisy, images.draws);
  const { loss, dLogits } = lossOfLogits(spec.loss, pass.logits, images.clean);
  const gradient = tf.concat1d(pass.backward(dLogits).map((part) => tf.reshape(part, [-1])));
  return { loss: pass.penalty ? tf.add(loss, pass.penalty) : loss, gradient };
}

/** A step as libs/tensors takes it, in the device's float32. */
function stepOnDevice(kept: Resident, numbers: StepNumbers): void {
  const next = tf.tidy(() => {
    const { move, memory } = moveOf(kept, numbers);
    const stays = numbers.name === 'adam' ? tf.mul(kept.parameters, numbers.keep) : kept.parameters;
    return { parameters: tf.sub<tf.Tensor1D>(stays, tf.mul(move, numbers.rate)), memory };
  });
  tf.dispose([kept.parameters, ...kept.memory]);
  Object.assign(kept, next);
}

/** What goes from the parameters, at a rate of 1, and what the optimizer remembers then. */
function moveOf({ gradient, memory }: Resident, numbers: StepNumbers): { move: tf.Tensor; memory: tf.Tensor1D[] } {
  const [first, second] = memory;
  switch (numbers.name) {
    case 'sgd':
      return { move: gradient, memory: [] };
    case 'momentum': {
      const { mu, nesterov } = numbers;
      const u: tf.Tensor1D = tf.add(tf.mul(first!, mu), gradient);
      return { move: nesterov ? tf.add(gradient, tf.mul(u, mu)) : u, memory: [u] };
    }
    case 'adam': {
      const { beta1, beta2, epsilon } = numbers;
      const m: tf.Tensor1D = tf.add(tf.mul(first!, beta1), tf.mul(gradient, 1 - beta1));
      const v: tf.Tensor1D = tf.add(tf.mul(second!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      return { move: tf.div(m, tf.add(tf.sqrt(v), epsilon)), memory: [m, v] };
    }
    default:
      return numbers satisfies never;
  }
}
