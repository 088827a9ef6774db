import { fillUniforms, sha256Hex, parameterBytes } from '@gradpool/tensors';
import { initialParameters, trialSpec, type ImageShape } from '@gradpool/experiment';
import { adamDefaults, adamInit, adamUpdate } from './adam.ts';
import { lossAndGradient } from './gradient.ts';
import { autoencoder } from './model.ts';

const image: ImageShape = { height: 11, width: 10, channels: 1 };
const steps = 3;
const count = 21;

/**
 * Eight hex digits of the weights after a few steps of small models that use every kernel: backends that differ in the
 * last bit (another processor path, another engine's exp) get different ones. Equal ones prove nothing, but differing
 * ones keep results apart that must not be called bit-exact.
 */
export function numericFingerprint(): string {
  const runs = [
    { model: 'mlp', hidden: [67, 30], activation: 'relu', loss: 'mse' },
    { model: 'mlp', hidden: [33], activation: 'gelu', loss: 'bce' },
    { model: 'cnn', channels: [5, 9], activation: 'elu', loss: 'mse' },
    { model: 'cnn', channels: [4], activation: 'tanh', loss: 'bce' },
  ].map((parameters, seed) => trialSpec.parse({ ...parameters, latent: 3, seed }));
  return sha256Hex(new TextEncoder().encode(runs.map((spec) => fewSteps(spec)).join(' '))).slice(0, 8);
}

function fewSteps(spec: ReturnType<typeof trialSpec.parse>): string {
  const model = autoencoder(spec, image);
  const parameters = initialParameters(spec, image);
  const gradient = new Float32Array(parameters.length);
  const adam = adamInit(parameters.length);
  const pixels = new Float32Array(count * model.pixels);
  for (let step = 1; step <= steps; step += 1) {
    fillUniforms(pixels, { seed: spec.seed, stream: step }, 0);
    lossAndGradient(model, spec.loss, parameters, { count, noisy: pixels, clean: pixels }, gradient);
    adamUpdate(parameters, gradient, adam, { ...adamDefaults, learningRate: 0.01, step });
  }
  return sha256Hex(parameterBytes(parameters));
}
