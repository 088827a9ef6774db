import { fillNormals, fillUniforms, streamOf } from '@gradpool/tensors';
import { initialParameters, modelLayout, trialSpec, type ImageShape, type TrialSpec } from '@gradpool/experiment';
import { openEngine } from './engine.ts';

const image: ImageShape = { height: 7, width: 6, channels: 1 };
const count = 5;
const seed = 20;

/** Central differences in float32: the step balances rounding against curvature; the tolerance is relative. */
const stepLength = 0.01;
const tolerance = 0.03;

/**
 * Compares the open backend's gradients with finite differences along a random direction within each parameter
 * tensor, on a small model of each kind. Returns null when all agree, else what differs. Takes some 20 ms.
 */
export function findWrongGradient(): string | null {
  const specs = [
    { model: 'mlp', hidden: [9, 8], activation: 'elu', loss: 'mse' },
    { model: 'cnn', channels: [4, 5], activation: 'tanh', loss: 'bce' },
  ].map((parameters) => trialSpec.parse({ ...parameters, latent: 3, seed }));
  for (const spec of specs) {
    const wrong = wrongGradientOf(spec, image);
    if (wrong) return wrong;
  }
  return null;
}

/** As findWrongGradient, for one model; smooth activations only, since differences across a kink say nothing. */
function wrongGradientOf(spec: TrialSpec, shape: ImageShape): string | null {
  const engine = openEngine(spec, shape, count);
  const { parameters } = engine;
  const start = initialParameters(spec, shape);
  parameters.set(start);
  fillUniforms(engine.clean, { seed, stream: streamOf('clean') }, 0);
  fillUniforms(engine.noisy, { seed, stream: streamOf('noisy') }, 0);
  engine.lossAndGradient(count);
  const gradient = engine.gradient.slice();
  for (const { name, offset, size } of modelLayout(spec, shape).entries) {
    const direction = randomDirection(name, size);
    const lossAt = (distance: number): number => {
      parameters.set(start);
      for (let i = 0; i < size; i += 1) parameters[offset + i] = start[offset + i]! + distance * direction[i]!;
      return engine.lossAndGradient(count);
    };
    const difference = (lossAt(stepLength) - lossAt(-stepLength)) / (2 * stepLength);
    const along = direction.reduce((sum, d, i) => sum + d * (gradient[offset + i] ?? 0), 0);
    const scale = Math.hypot(...gradient.subarray(offset, offset + size)) + 1e-4;
    if (!(Math.abs(along - difference) <= tolerance * scale)) {
      return `${spec.model} ${name}: gradient ${along.toExponential(3)}, finite difference ${difference.toExponential(3)}`;
    }
  }
  return null;
}

/** Unit length. */
function randomDirection(name: string, size: number): Float32Array {
  const direction = new Float32Array(size);
  fillNormals(direction, { seed, stream: streamOf('direction', name) }, 0);
  const length = Math.hypot(...direction);
  return direction.map((value) => value / length);
}
