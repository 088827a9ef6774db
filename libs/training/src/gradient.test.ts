import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { fillUniforms } from '@gradpool/tensors';
import { initialParameters, trialSpec, type ImageShape, type TrialSpec } from '@gradpool/experiment';
import { startBackend } from './backend.ts';
import { lossAndGradient, type Batch } from './gradient.ts';
import { autoencoder } from './model.ts';
import { referenceAutoencoder } from './testing/reference-autoencoder.ts';

jest.setTimeout(60_000);

const activations = ['relu', 'tanh', 'elu', 'gelu'] as const;
const losses = ['mse', 'bce'] as const;

describe.each(['wasm', 'cpu'] as const)('[T1] on the %s backend', (name) => {
  beforeAll(async () => {
    await startBackend(name);
  });

  const cases = activations.flatMap((activation) => losses.map((loss) => ({ activation, loss })));

  test.each(cases)(
    'dense layers, $activation, $loss: loss and gradient match the double-precision reference',
    (parts) => {
      const spec = trialSpec.parse({ model: 'mlp', hidden: [6, 5], latent: 3, seed: 11, ...parts });
      expectReference(spec, { height: 3, width: 4, channels: 1 });
    },
  );

  test.each(cases)('convolutions there and back, $activation, $loss: the same', (parts) => {
    const spec = trialSpec.parse({ model: 'cnn', channels: [2, 3], latent: 2, seed: 12, ...parts });
    expectReference(spec, { height: 7, width: 6, channels: 1 });
  });

  test('three strides over an odd image with colours', () => {
    const spec = trialSpec.parse({ model: 'cnn', channels: [2, 2, 3], latent: 2, activation: 'elu', seed: 13 });
    expectReference(spec, { height: 9, width: 5, channels: 3 });
  });
});

/** Every single derivative against central differences of the reference. */
function expectReference(spec: TrialSpec, image: ImageShape): void {
  const model = autoencoder(spec, image);
  const parameters = initialParameters(spec, image);
  // Biases off zero, so that no unit of a rectifier stands exactly at its kink.
  for (const { name, offset, size } of model.layout.entries) {
    if (name.endsWith('/bias'))
      fillUniforms(parameters.subarray(offset, offset + size), { seed: offset, stream: 5 }, 0);
  }
  const batch = randomBatch(2, model.pixels);
  const gradient = new Float32Array(parameters.length);
  const loss = lossAndGradient(model, spec.loss, parameters, batch, gradient);
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

function randomBatch(count: number, pixels: number): Batch {
  const noisy = new Float32Array(count * pixels);
  const clean = new Float32Array(count * pixels);
  fillUniforms(noisy, { seed: 1, stream: 1 }, 0);
  fillUniforms(clean, { seed: 1, stream: 2 }, 0);
  return { count, noisy, clean };
}
