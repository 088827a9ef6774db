import { beforeAll, describe, expect, test } from '@jest/globals';
import { fillNormals, fillUniforms } from '@gradpool/tensors';
import { initialParameters, modelLayout, trialSpec, type ImageShape, type TrialSpec } from '@gradpool/experiment';
import { startBackend } from './backend.ts';
import { openEngine, openTfjsEngine, type Engine } from './engine.ts';
import type { Batch } from './gradient.ts';
import { referenceAutoencoder } from './testing/reference-autoencoder.ts';

const activations = ['relu', 'tanh', 'elu', 'gelu', 'sigmoid'] as const;
const losses = ['mse', 'bce'] as const;

const engines = [
  { engine: 'plan', backend: 'wasm', open: openEngine },
  { engine: 'tfjs', backend: 'wasm', open: openTfjsEngine },
  { engine: 'tfjs', backend: 'cpu', open: openTfjsEngine },
] as const;

describe.each(engines)('[T1] the $engine engine on the $backend backend', ({ backend, open }) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  const cases = activations.flatMap((activation) => losses.map((loss) => ({ activation, loss })));

  test.each(cases)(
    'dense layers, $activation, $loss: loss and gradient match the double-precision reference',
    (parts) => {
      const spec = trialSpec.parse({ model: 'mlp', hidden: [6, 5], latent: 3, seed: 11, ...parts });
      expectReference(open, spec, { height: 3, width: 4, channels: 1 });
    },
  );

  test.each(losses)('the vanilla model, %s: the same', (loss) => {
    const spec = trialSpec.parse({ model: 'vanilla', latent: 5, activation: 'sigmoid', seed: 16, loss });
    expectReference(open, spec, { height: 3, width: 4, channels: 1 });
  });

  test.each(cases)('convolutions there and back, $activation, $loss: the same', (parts) => {
    const spec = trialSpec.parse({ model: 'cnn', channels: [2, 3], latent: 2, seed: 12, ...parts });
    expectReference(open, spec, { height: 7, width: 6, channels: 1 });
  });

  const codes = (['l1', 'kl', 'variational'] as const).flatMap((code) =>
    (['mlp', 'cnn', 'vanilla'] as const).map((model) => ({ code, model })),
  );

  test.each(codes)('$model with a code that is $code: the same', (parts) => {
    const sizes = { hidden: [6], channels: [2], latent: 3, code_weight: 2, sparsity_target: 0.2 };
    const spec = trialSpec.parse({ ...sizes, activation: 'tanh', loss: 'bce', seed: 14, ...parts });
    expectReference(open, spec, { height: 5, width: 4, channels: 1 });
  });

  const maps = [
    { bottleneck: 'spatial', activation: 'gelu' },
    { bottleneck: 'spatial', activation: 'tanh', code: 'variational', loss: 'bce' },
    { bottleneck: 'spatial', activation: 'elu', code: 'kl', sparsity_target: 0.2 },
    { bottleneck: 'spatial', activation: 'relu', code: 'l1', channels: [3] },
    { downsampling: 'maxpool', activation: 'gelu' },
    { downsampling: 'maxpool', activation: 'tanh', loss: 'bce', kernel_size: 2 },
    { downsampling: 'maxpool', activation: 'elu', channels: [2], padding: 0 },
    { downsampling: 'maxpool', bottleneck: 'spatial', activation: 'relu', padding: 1, channels: [2] },
    { kernel_size: 4, padding: 1, activation: 'sigmoid' },
    { kernel_size: 5, activation: 'gelu', bottleneck: 'spatial', channels: [2], latent: 1 },
  ] as const;

  test.each(maps)('convolutions with %j: the same', (parts) => {
    const spec = trialSpec.parse({ model: 'cnn', channels: [2, 3], latent: 2, seed: 15, ...parts });
    expectReference(open, spec, { height: 8, width: 4, channels: 1 });
  });

  test('three strides over an odd image with colours', () => {
    const spec = trialSpec.parse({ model: 'cnn', channels: [2, 2, 3], latent: 2, activation: 'elu', seed: 13 });
    expectReference(open, spec, { height: 9, width: 5, channels: 3 });
  });
});

/** Every single derivative against central differences of the reference. */
function expectReference(open: typeof openEngine, spec: TrialSpec, image: ImageShape): void {
  const engine = open(spec, image, 2);
  const { parameters, gradient } = engine;
  parameters.set(initialParameters(spec, image));
  // Biases off zero, so that no unit of a rectifier stands exactly at its kink.
  for (const { name, offset, size } of modelLayout(spec, image).entries) {
    if (name.endsWith('/bias'))
      fillUniforms(parameters.subarray(offset, offset + size), { seed: offset, stream: 5 }, 0);
  }
  const batch = fillBatch(engine);
  const loss = engine.lossAndGradient(2);
  const exact = Float64Array.from(parameters);
  const reference = referenceAutoencoder(spec, image);
  expect(loss).toBeCloseTo(reference.loss(exact, batch), 5);
  const h = 1e-6;
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < exact.length; i += 1) {
    const at = (value: number): number => {
      const moved = exact.slice();
      moved[i] = value;
      return reference.loss(moved, batch);
    };
    const value = exact[i] ?? 0;
    const difference = (at(value + h) - at(value - h)) / (2 * h);
    worst = Math.max(worst, Math.abs(difference - (gradient[i] ?? NaN)));
    largest = Math.max(largest, Math.abs(difference));
  }
  expect(worst / largest).toBeLessThan(1e-4);
}

function fillBatch({ noisy, clean, draws, capacity: count }: Engine): Batch {
  fillUniforms(noisy, { seed: 1, stream: 1 }, 0);
  fillUniforms(clean, { seed: 1, stream: 2 }, 0);
  fillNormals(draws, { seed: 1, stream: 3 }, 0);
  return { count, noisy, clean, draws };
}
