import { fillNormals, fillUniforms, streamOf } from '@gradpool/tensors';
import { initialParameters, modelLayout, trialSpec, type ImageShape, type TrialSpec } from '@gradpool/experiment';
import { openEngine, type Engine } from './engine.ts';

const image: ImageShape = { height: 7, width: 6, channels: 1 };
const count = 5;
const seed = 20;

/** Central differences in float32: the step balances rounding against curvature; the tolerance is relative. */
const stepLength = 0.01;
const tolerance = 0.03;

const specs = [
  { model: 'mlp', hidden: [9, 8], activation: 'elu', loss: 'mse' },
  { model: 'cnn', channels: [4, 5], activation: 'tanh', loss: 'bce' },
].map((parameters) => trialSpec.parse({ ...parameters, latent: 3, seed }));

/** The open backend's gradients of a small model of each kind, for a random batch. */
export async function checkGradients(): Promise<readonly Float32Array[]> {
  const gradients: Float32Array[] = [];
  for (const spec of specs) {
    const engine = checkEngine(spec, initialParameters(spec, image));
    await engine.lossAndGradient(count);
    await engine.save();
    gradients.push(engine.gradient.slice());
    engine.close();
  }
  return gradients;
}

/** Compares the open backend's gradients with known right ones. Returns null when all agree, else what differs. */
export async function findOtherGradient(known: readonly Float32Array[]): Promise<string | null> {
  const found = await checkGradients();
  for (const [i, spec] of specs.entries()) {
    for (const { name, offset, size } of modelLayout(spec, image).entries) {
      const right = known[i]!.subarray(offset, offset + size);
      const distance = Math.hypot(...found[i]!.subarray(offset, offset + size).map((value, k) => value - right[k]!));
      const scale = Math.hypot(...right) + 1e-4;
      if (!(distance <= tolerance * scale)) {
        return `${spec.model} ${name}: ${(distance / scale).toExponential(1)} away from the known one`;
      }
    }
  }
  return null;
}

/**
 * Compares the open backend's gradients with finite differences along a random direction within each parameter
 * tensor, on a small model of each kind. Returns null when all agree, else what differs. Takes some 20 ms.
 */
export async function findWrongGradient(): Promise<string | null> {
  const gradients = await checkGradients();
  for (const [i, spec] of specs.entries()) {
    const wrong = await wrongGradientOf(spec, gradients[i]!);
    if (wrong) return wrong;
  }
  return null;
}

/** As findWrongGradient, for one model; smooth activations only, since differences across a kink say nothing. */
async function wrongGradientOf(spec: TrialSpec, gradient: Float32Array): Promise<string | null> {
  const start = initialParameters(spec, image);
  const engine = checkEngine(spec, start);
  const { parameters } = engine;
  for (const { name, offset, size } of modelLayout(spec, image).entries) {
    const direction = randomDirection(name, size);
    const lossAt = (distance: number): number | Promise<number> => {
      parameters.set(start);
      for (let i = 0; i < size; i += 1) parameters[offset + i] = start[offset + i]! + distance * direction[i]!;
      engine.load();
      return engine.lossAndGradient(count);
    };
    const difference = ((await lossAt(stepLength)) - (await lossAt(-stepLength))) / (2 * stepLength);
    const along = direction.reduce((sum, d, i) => sum + d * (gradient[offset + i] ?? 0), 0);
    const scale = Math.hypot(...gradient.subarray(offset, offset + size)) + 1e-4;
    if (!(Math.abs(along - difference) <= tolerance * scale)) {
      engine.close();
      return `${spec.model} ${name}: gradient ${along.toExponential(3)}, finite difference ${difference.toExponential(3)}`;
    }
  }
  engine.close();
  return null;
}

function checkEngine(spec: TrialSpec, parameters: Float32Array): Engine {
  const engine = openEngine(spec, image, count);
  engine.parameters.set(parameters);
  engine.load();
  fillUniforms(engine.clean, { seed, stream: streamOf('clean') }, 0);
  fillUniforms(engine.noisy, { seed, stream: streamOf('noisy') }, 0);
  return engine;
}

/** Unit length. */
function randomDirection(name: string, size: number): Float32Array {
  const direction = new Float32Array(size);
  fillNormals(direction, { seed, stream: streamOf('direction', name) }, 0);
  const length = Math.hypot(...direction);
  return direction.map((value) => value / length);
}
