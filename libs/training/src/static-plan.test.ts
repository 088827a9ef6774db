import { beforeAll, expect, test } from '@jest/globals';
import { fillUniforms, parameterBytes, sha256Hex } from '@gradpool/tensors';
import { addNoise, initialParameters, trialSpec, type ImageShape, type TrialSpec } from '@gradpool/experiment';
import { startBackend } from './backend.ts';
import { openHostEngine, openTfjsEngine, type HostEngine } from './engine.ts';

beforeAll(async () => {
  await startBackend('wasm');
});

const activations = ['relu', 'tanh', 'elu', 'gelu', 'sigmoid'] as const;
const losses = ['mse', 'bce'] as const;
const models = [
  { model: 'mlp', hidden: [70, 33], latent: 5 },
  { model: 'cnn', channels: [5, 9], latent: 4 },
] as const;
const image: ImageShape = { height: 13, width: 11, channels: 1 };

test.each(
  models.flatMap((model) =>
    activations.flatMap((activation) => losses.map((loss) => ({ ...model, activation, loss }))),
  ),
)('[P1] the plan and tfjs agree: $model, $activation, $loss', (parts) => {
  const spec = trialSpec.parse({ ...parts, seed: 3 });
  const [plan, tfjs] = [openHostEngine(spec, image, 24), openTfjsEngine(spec, image, 24)];
  for (const engine of [plan, tfjs]) begin(engine, spec);
  // A batch that is not full, so that nothing depends on the rest of the buffers.
  expect(relative(plan.lossAndGradient(21), tfjs.lossAndGradient(21))).toBeLessThan(1e-5);
  expect(distance(plan.gradient, tfjs.gradient)).toBeLessThan(1e-5);
  const expected = tfjs.reconstruct(21).slice();
  expect(distance(plan.reconstruct(21), expected)).toBeLessThan(1e-5);
});

const pooled = [
  {},
  { bottleneck: 'spatial', latent: 2 },
  { kernel_size: 5, padding: 2 },
  { kernel_size: 4, padding: 'same', channels: [7] },
] as const;

test.each(pooled.flatMap((parts) => activations.map((activation, i) => ({ parts, activation, loss: losses[i % 2] }))))(
  '[P1] the plan and tfjs agree on max-pooling and repeated values: $parts, $activation, $loss',
  ({ parts, activation, loss }) => {
    const sizes = { model: 'cnn', downsampling: 'maxpool', channels: [5, 9], latent: 4, activation, loss };
    const spec = trialSpec.parse({ ...sizes, ...parts, seed: 3 });
    const even: ImageShape = { height: 12, width: 8, channels: 1 };
    const [plan, tfjs] = [openHostEngine(spec, even, 24), openTfjsEngine(spec, even, 24)];
    for (const engine of [plan, tfjs]) begin(engine, spec, even);
    // Twice: nothing of the first batch may be left in the second one.
    for (const count of [24, 21]) {
      expect(relative(plan.lossAndGradient(count), tfjs.lossAndGradient(count))).toBeLessThan(1e-5);
      expect(distance(plan.gradient, tfjs.gradient)).toBeLessThan(1e-5);
    }
    const expected = tfjs.reconstruct(21).slice();
    expect(distance(plan.reconstruct(21), expected)).toBeLessThan(1e-5);
    // Sums in another order: it was the plan that computed them.
    expect(plan.gradient).not.toEqual(tfjs.gradient);
  },
);

test('[P1] maps too large for the windows of one image to stay in the cache', () => {
  const spec = trialSpec.parse({ model: 'cnn', channels: [80, 6], latent: 3, seed: 3 });
  const large: ImageShape = { height: 60, width: 58, channels: 3 };
  const [plan, tfjs] = [openHostEngine(spec, large, 3), openTfjsEngine(spec, large, 3)];
  for (const engine of [plan, tfjs]) begin(engine, spec, large);
  plan.lossAndGradient(3);
  tfjs.lossAndGradient(3);
  expect(distance(plan.gradient, tfjs.gradient)).toBeLessThan(1e-5);
});

test.each([
  { odd: NaN, where: 'weight' },
  { odd: -Infinity, where: 'weight' },
  { odd: NaN, where: 'pixel' },
])('[P1] $odd in a $where shows in the loss of the plan, also where it meets only zeros', ({ odd, where }) => {
  // Wide enough for products that leave out what adds nothing. (The stock rectifier of the tfjs path takes some NaN for 0.)
  const spec = trialSpec.parse({ hidden: [140], latent: 3, seed: 3 });
  const engine = openHostEngine(spec, image, 8);
  begin(engine, spec);
  for (let i = 0; i < engine.noisy.length; i += 1) if (i % engine.pixels < 100) engine.noisy[i] = 0;
  expect(engine.lossAndGradient(8)).toBeGreaterThan(0);
  (where === 'weight' ? engine.parameters : engine.noisy)[140 * 7 + 5] = odd;
  expect(engine.lossAndGradient(8)).toBeNaN();
});

/** SHA-256 of the weights below. New kernels that round otherwise change it; no engine or processor may. */
const pinned = {
  mlp: '95db042e36e3f65564e1abcd34683022bc03f613eb3233fea323f256104ba514',
  cnn: 'be55e94f6e37bf3bda3cf6465a64f650ae4597d970831175875936984da02d49',
};

test.each(models)('[P2] training $model has the same bits in every process, engine and processor', (parts) => {
  const spec = trialSpec.parse({ ...parts, seed: 4, activation: 'gelu' });
  const digests = [1, 2].map(() => {
    const engine = openHostEngine(spec, image, 20);
    begin(engine, spec);
    for (let step = 1; step <= 5; step += 1) {
      engine.addNoise(20 * engine.pixels, { factor: 0.3, key: { seed: 9, stream: 9 }, position: 20 * step });
      engine.lossAndGradient(20);
      engine.update({ step, learningRate: 0.003 });
    }
    return sha256Hex(parameterBytes(engine.parameters));
  });
  expect(digests).toEqual([pinned[parts.model], pinned[parts.model]]);
});

test.each([
  { position: 0, values: 3432 },
  { position: 1, values: 3431 },
  { position: 4 * 0xffff_ffff - 6, values: 1500 },
  { position: 2 ** 50 + 3, values: 5 },
])('[P3] noise has the bits of libs/experiment, from position $position', ({ position, values }) => {
  const engine = openHostEngine(trialSpec.parse({ latent: 2, hidden: [3], seed: 0 }), image, 24);
  fillUniforms(engine.clean, { seed: 1, stream: 2 }, 0);
  const [clean, noisy] = [engine.clean.slice(), engine.noisy.slice()];
  for (const factor of [0, 0.3, 0.9]) {
    const noise = { factor, key: { seed: 0xdead_beef, stream: 0xffff_fff0 }, position };
    addNoise(clean, noisy, values, noise);
    engine.addNoise(values, noise);
    expect(engine.noisy.findIndex((value, i) => value !== noisy[i])).toBe(-1);
  }
});

function begin(engine: HostEngine, spec: TrialSpec, shape = image): void {
  engine.parameters.set(initialParameters(spec, shape));
  fillUniforms(engine.noisy, { seed: 1, stream: 1 }, 0);
  fillUniforms(engine.clean, { seed: 1, stream: 2 }, 0);
}

function relative(value: number, expected: number): number {
  return Math.abs(value - expected) / Math.abs(expected);
}

/** Of two vectors, relative to the second one's length. */
function distance(values: Float32Array, expected: Float32Array): number {
  let [apart, length] = [0, 0];
  values.forEach((value, i) => {
    apart += (value - expected[i]!) ** 2;
    length += expected[i]! ** 2;
  });
  return Math.sqrt(apart / length);
}
