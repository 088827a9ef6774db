import { openArena, type Arena, type KernelModule } from '@gradpool/kernels';
import type { OptimizerRule } from '@gradpool/tensors';
import {
  imageSize,
  layersLayout,
  modelLayers,
  modelLayout,
  optimizerRule,
  type ImageShape,
  type Layer,
  type TrialSpec,
} from '@gradpool/experiment';
import type { HostEngine } from './engine.ts';
import type { LayerPlace, LayerPlan } from './layer-plan.ts';
import { optimizerBytes, placeOptimizer } from './optimizer-state.ts';
import { layerWindows, planConvolution } from './plan-convolution.ts';
import { windowBytes } from './map-passes.ts';
import { planDense } from './plan-dense.ts';
import { planLoss } from './plan-loss.ts';
import { noiseBytes, planNoise } from './plan-noise.ts';
import { fullMaps, poolingBytes } from './plan-pooling.ts';

/**
 * The model and its training step as a fixed list of kernel calls over one arena: nothing is allocated after this. All
 * layers of libs/experiment are covered, but nothing that is asked of a code. Vectors and batch lie in the arena too, so that nothing is copied.
 */
export function openPlan(module: KernelModule, spec: TrialSpec, image: ImageShape, capacity: number): HostEngine {
  const { layers } = modelLayers(spec, image);
  const rule = optimizerRule(spec);
  const arena = openArena(module, layerBytes({ layers, rule, capacity, buffers: 2 * imageSize(image) }) + noiseBytes);
  const { kernels, allocate, floats } = arena;
  const pixels = imageSize(image);
  const { p, g, ...state } = placeOptimizer(arena, rule, modelLayout(spec, image).size);
  const [noisy, clean] = [allocate(4 * capacity * pixels), allocate(4 * capacity * pixels)];
  const { plans, logits, dLogits } = planLayers({ arena, layers, capacity, p, g, x: noisy });
  const loss = planLoss(kernels, spec.loss, { logits, clean, dLogits, pixels });
  const output = floats(dLogits, capacity * pixels);
  const forward = (count: number): void => {
    for (const plan of plans) plan.forward(count);
  };
  return {
    ...state,
    noisy: floats(noisy, capacity * pixels),
    clean: floats(clean, capacity * pixels),
    addNoise: planNoise(arena, clean, noisy),
    draws: new Float32Array(0),
    decode: null,
    capacity,
    pixels,
    load: () => undefined,
    save: () => undefined,
    close: () => undefined,
    lossAndGradient(count) {
      forward(count);
      const mean = loss(count);
      for (let i = plans.length - 1; i >= 0; i -= 1) plans[i]!.backward(count);
      return mean;
    },
    reconstruct(count) {
      forward(count);
      kernels.sigmoid(logits, dLogits, count * pixels);
      return output.subarray(0, count * pixels);
    },
  };
}

interface Blueprint {
  readonly arena: Arena;
  readonly layers: readonly Layer[];
  readonly capacity: number;
  /** Addresses of parameters, gradient and the rows that go in. */
  readonly p: number;
  readonly g: number;
  readonly x: number;
}

/** Places layers in an arena of at least `layerBytes`; `logits` is what comes out of the last one. */
export function planLayers({ arena, layers, capacity, p, g, x: input }: Blueprint): {
  readonly plans: readonly LayerPlan[];
  readonly logits: number;
  readonly dLogits: number;
} {
  const { kernels, allocate } = arena;
  const { entries } = layersLayout(layers);
  const scratch = allocate(kernels.gemmScratchBytes());
  const { shared } = poolingBytes(layers, capacity);
  const windows = allocate(windowSpace(layers));
  const maps = shared === 0 ? ([0, 0] as const) : ([allocate(shared / 2), allocate(shared / 2)] as const);
  // Gradients at the layers' outputs, by turns in two buffers: that of layer i is read while that of i - 1 is written.
  const most = 4 * capacity * Math.max(...layers.map(outputSize));
  const gradients = [allocate(most), allocate(most)] as const;
  let x = input;
  const plans = layers.map((layer, i) => {
    const y = allocate(4 * capacity * outputSize(layer));
    const z = hasSum(layer) ? allocate(4 * capacity * outputSize(layer)) : y;
    const [kernel, bias] = [4 * entries[2 * i]!.offset, 4 * entries[2 * i + 1]!.offset];
    const place: LayerPlace = {
      ...{ capacity, scratch, windows, maps, x, y, z },
      ...{ kernel: p + kernel, bias: p + bias, kernelGradient: g + kernel, biasGradient: g + bias },
      dy: gradients[i % 2 === 0 ? 0 : 1],
      dx: i === 0 ? 0 : gradients[i % 2 === 0 ? 1 : 0],
    };
    x = y;
    return layer.kind === 'dense' ? planDense(kernels, layer, place) : planConvolution(arena, layer, place);
  });
  return { plans, logits: x, dLogits: gradients[(layers.length - 1) % 2 === 0 ? 0 : 1] };
}

function outputSize(layer: Layer): number {
  return layer.kind === 'dense' ? layer.outputs : imageSize(layer.output);
}

interface Space {
  readonly layers: readonly Layer[];
  readonly rule: OptimizerRule;
  readonly capacity: number;
  /** Numbers beside the layers' own that the caller keeps for each row. */
  readonly buffers: number;
}

/** Bytes of an arena for layers and their optimizer. */
export function layerBytes({ layers, rule, capacity, buffers }: Space): number {
  const outputs = layers.map(outputSize);
  const activations = layers.reduce((sum, layer) => sum + outputSize(layer) * (hasSum(layer) ? 2 : 1), 0);
  const { own, shared } = poolingBytes(layers, capacity);
  const perRow = buffers + activations + 2 * Math.max(...outputs);
  const alignments = 64 * (14 + 4 * layers.length);
  return (
    optimizerBytes(rule, layersLayout(layers).size) +
    4 * capacity * perRow +
    windowSpace(layers) +
    own +
    shared +
    scratchBytesMax +
    alignments
  );
}

/** What the convolutions need at once; they take turns. */
function windowSpace(layers: readonly Layer[]): number {
  const convolutions = layers.map((layer) => (layer.kind === 'dense' ? 0 : windowBytes(layerWindows(layer))));
  return Math.max(0, ...convolutions, poolingBytes(layers, 1).windows);
}

/** Whether the sum before the activation is kept beside it; a layer that pools keeps its own, of the full maps. */
const hasSum = (layer: Layer): boolean =>
  layer.activation === 'gelu' && !(layer.kind === 'conv' && fullMaps(layer) !== null);

/** At least what any build's `gemmScratchBytes` says. */
const scratchBytesMax = 1 << 20;
