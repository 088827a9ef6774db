import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { initialParameters, trialSpec } from '@gradpool/experiment';
import { adamDefaults, adamInit, adamUpdate, fillUniforms } from '@gradpool/tensors';
import { startBackend } from './backend.ts';
import { openHostEngine } from './engine.ts';
import { lossAndGradient } from './gradient.ts';
import { autoencoder } from './model.ts';

const image = { height: 12, width: 11, channels: 1 };

beforeAll(async () => {
  await startBackend('wasm');
});

test.each([
  { model: 'mlp', code: 'plain' },
  { model: 'cnn', code: 'plain' },
  { model: 'mlp', code: 'kl' },
  { model: 'mlp', code: 'variational' },
] as const)(
  '[T7] 300 training steps of the $model, code $code, leave no tensor and do not grow the heap',
  ({ model, code }) => {
    const spec = trialSpec.parse({
      model,
      code,
      hidden: [40, 20],
      channels: [4, 8],
      latent: 4,
      batch_size: 16,
      seed: 0,
    });
    const trained = autoencoder(spec, image);
    const parameters = initialParameters(spec, image);
    const gradient = new Float32Array(parameters.length);
    const adam = adamInit(parameters.length);
    const values = new Float32Array(16 * trained.pixels).fill(0.4);
    const draws = new Float32Array(code === 'variational' ? 16 * 4 : 0).fill(0.5);
    const step = (number: number): void => {
      lossAndGradient(trained, spec.loss, parameters, { count: 16, noisy: values, clean: values, draws }, gradient);
      adamUpdate(parameters, gradient, adam, { ...adamDefaults, learningRate: 1e-3, step: number });
    };
    for (let i = 1; i <= 10; i += 1) step(i);
    const before = held();
    for (let i = 11; i <= 310; i += 1) step(i);
    expect(held()).toEqual(before);
  },
);

/** Tensors of the engine, buffers of the backend (the engine does not see a kernel's temporaries), bytes of its heap. */
function held(): { tensors: number; buffers: number; heapBytes: number } {
  const backend = tf.backend() as unknown as { numDataIds(): number; wasm: { HEAPU8: Uint8Array } };
  return { tensors: tf.memory().numTensors, buffers: backend.numDataIds(), heapBytes: backend.wasm.HEAPU8.length };
}

test.each([
  { parts: { hidden: [24] }, shape: image },
  { parts: { model: 'cnn', channels: [2], downsampling: 'maxpool' }, shape: { height: 4, width: 4, channels: 1 } },
])('[T7] 10,000 steps of the plan leave no tensor and do not grow the heap: $parts', ({ parts, shape }) => {
  const spec = trialSpec.parse({ ...parts, latent: 4, batch_size: 8, seed: 0 });
  const engine = openHostEngine(spec, shape, 8);
  engine.parameters.set(initialParameters(spec, shape));
  fillUniforms(engine.clean, { seed: 1, stream: 2 }, 0);
  const run = (first: number, steps: number): void => {
    for (let step = first; step < first + steps; step += 1) {
      engine.addNoise(8 * engine.pixels, { factor: 0.3, key: { seed: 1, stream: 1 }, position: step });
      engine.lossAndGradient(8);
      engine.update({ step, learningRate: 1e-3 });
    }
  };
  run(1, 500);
  const before = held();
  // What V8 itself keeps of optimized code and feedback moves by some 100 kB, and once by 250; 16 bytes a step would show
  // each time.
  let growth = Infinity;
  for (let attempt = 0; attempt < 3 && growth >= 160_000; attempt += 1) {
    const collected = bytesAfterCollection();
    run(501 + attempt * 10_000, 10_000);
    growth = bytesAfterCollection() - collected;
  }
  expect(held()).toEqual(before);
  expect(growth).toBeLessThan(160_000);
});

function bytesAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
