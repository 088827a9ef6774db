import { fillNormals, fillUniforms, sha256Hex, parameterBytes } from '@gradpool/tensors';
import { initialParameters, trialSpec, type ImageShape } from '@gradpool/experiment';
import { openEngine } from './engine.ts';

const odd: ImageShape = { height: 11, width: 10, channels: 1 };
/** Max-pooling halves even sides only. */
const even: ImageShape = { height: 12, width: 10, channels: 1 };
const steps = 3;
const count = 21;

/**
 * Eight hex digits of the weights after a few steps of small models that use every kernel: backends that differ in the
 * last bit (another processor path, another engine's exp) get different ones. Equal ones prove nothing, but differing
 * ones keep results apart that must not be called bit-exact.
 */
export async function numericFingerprint(): Promise<string> {
  const runs = [
    { model: 'mlp', hidden: [67, 30], activation: 'relu', loss: 'mse' },
    { model: 'mlp', hidden: [33], activation: 'gelu', loss: 'bce' },
    { model: 'cnn', channels: [5, 9], activation: 'elu', loss: 'mse' },
    { model: 'cnn', channels: [4], activation: 'tanh', loss: 'bce' },
    { model: 'cnn', channels: [5], downsampling: 'maxpool', activation: 'relu', loss: 'mse' },
    // These go through tfjs, whose kernels the plan does not use.
    { model: 'vanilla', activation: 'sigmoid', code: 'kl', loss: 'mse' },
    { model: 'mlp', hidden: [12], code: 'variational', loss: 'bce' },
  ].map((parameters, seed) => trialSpec.parse({ ...parameters, latent: 3, seed }));
  const digests: string[] = [];
  for (const spec of runs) digests.push(await fewSteps(spec));
  return sha256Hex(new TextEncoder().encode(digests.join(' '))).slice(0, 8);
}

async function fewSteps(spec: ReturnType<typeof trialSpec.parse>): Promise<string> {
  const image = spec.downsampling === 'maxpool' ? even : odd;
  const engine = openEngine(spec, image, count);
  engine.parameters.set(initialParameters(spec, image));
  engine.load();
  for (let step = 1; step <= steps; step += 1) {
    fillUniforms(engine.noisy, { seed: spec.seed, stream: step }, 0);
    engine.clean.set(engine.noisy);
    fillNormals(engine.draws, { seed: spec.seed, stream: step }, 0);
    await engine.lossAndGradient(count);
    engine.update({ step, learningRate: 0.01 });
  }
  await engine.save();
  const digest = sha256Hex(parameterBytes(engine.parameters));
  engine.close();
  return digest;
}
