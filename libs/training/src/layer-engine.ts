import * as tf from '@tensorflow/tfjs-core';
import { imageSize, layersLayout, type Layer } from '@gradpool/experiment';
import { openArena, type KernelModule } from '@gradpool/kernels';
import type { OptimizerRule } from '@gradpool/tensors';
import type { ExecutionPath } from './engine.ts';
import { parameterTensors } from './gradient.ts';
import { passLayers, type StretchPass } from './model.ts';
import { openOptimizerState, placeOptimizer, type OptimizerState } from './optimizer-state.ts';
import { layerBytes, planLayers } from './static-plan.ts';
import { softmaxCrossEntropy } from './softmax.ts';
import { activeKernels } from './wasm-backend.ts';

/** Layers at work without a reconstruction: the caller fills `inputs`, and gets what comes out at the end. */
export interface LayerEngine extends OptimizerState {
  /** Most rows in a batch. */
  readonly capacity: number;
  /** Numbers that go in and come out for each row. */
  readonly width: number;
  readonly outputs: number;
  /** Rows that go in. */
  readonly inputs: Float32Array;
  /** What comes out of the first `count` rows; valid until the next call. */
  readonly run: (count: number) => Float32Array | Promise<Float32Array>;
  /** Mean cross-entropy of the first `count` rows, whose outputs are logits of classes; computes `gradient`. */
  readonly lossAndGradient: (labels: ArrayLike<number>, count: number) => number | Promise<number>;
}

export interface LayerEngineOptions {
  readonly layers: readonly Layer[];
  readonly rule: OptimizerRule;
  readonly capacity: number;
  /** As of an autoencoder's engine. */
  readonly path?: ExecutionPath;
}

/** Opens layers on the open backend: as a static plan where there are SIMD kernels, else through tfjs. Every vector is zero. */
export function openLayerEngine(options: LayerEngineOptions): LayerEngine {
  const module = activeKernels();
  return module && options.path !== 'tfjs' ? planned(module, options) : throughTfjs(options);
}

const inputsOf = (layer: Layer): number => (layer.kind === 'dense' ? layer.inputs : imageSize(layer.input));
const outputsOf = (layer: Layer): number => (layer.kind === 'dense' ? layer.outputs : imageSize(layer.output));

function planned(module: KernelModule, { layers, rule, capacity }: LayerEngineOptions): LayerEngine {
  const [width, outputs] = [inputsOf(layers[0]!), outputsOf(layers.at(-1)!)];
  const layout = layersLayout(layers);
  const arena = openArena(module, layerBytes({ layers, rule, capacity, buffers: width }));
  const { p, g, ...state } = placeOptimizer(arena, rule, layout.size);
  const x = arena.allocate(4 * capacity * width);
  const { plans, logits, dLogits } = planLayers({ arena, layers, capacity, p, g, x });
  const [out, dOut] = [arena.floats(logits, capacity * outputs), arena.floats(dLogits, capacity * outputs)];
  const forward = (count: number): void => {
    for (const plan of plans) plan.forward(count);
  };
  return {
    ...state,
    ...{ capacity, width, outputs, inputs: arena.floats(x, capacity * width) },
    run(count) {
      forward(count);
      return out.subarray(0, count * outputs);
    },
    lossAndGradient(labels, count) {
      forward(count);
      const loss = softmaxCrossEntropy(out, labels, { count, classes: outputs }, dOut);
      for (let i = plans.length - 1; i >= 0; i -= 1) plans[i]!.backward(count);
      return loss;
    },
  };
}

function throughTfjs({ layers, rule, capacity }: LayerEngineOptions): LayerEngine {
  const [width, outputs] = [inputsOf(layers[0]!), outputsOf(layers.at(-1)!)];
  const layout = layersLayout(layers);
  const state = openOptimizerState(activeKernels(), rule, layout.size);
  const inputs = new Float32Array(capacity * width);
  const forward = (count: number): StretchPass & { readonly rows: tf.Tensor2D } =>
    passLayers(
      layers,
      parameterTensors(layout, state.parameters),
      tf.tensor2d(inputs.slice(0, count * width), [count, width]),
    );
  return {
    ...state,
    ...{ capacity, width, outputs, inputs },
    run: (count) => readAndFree(tf.tidy(() => forward(count).rows)),
    async lossAndGradient(labels, count) {
      const own = Float32Array.from({ length: count * outputs }, (_, i) =>
        labels[Math.floor(i / outputs)] === i % outputs ? 1 : 0,
      );
      const [logits, ...gradients] = tf.tidy(() => {
        const pass = forward(count);
        const off = tf.sub(tf.softmax(pass.rows), tf.tensor2d(own, [count, outputs]));
        const back = pass.backward({ x: tf.div(off, count), arrangement: 'rows' }, false);
        return [pass.rows, ...back.gradients];
      });
      for (const [i, { offset }] of layout.entries.entries())
        state.gradient.set(await readAndFree(gradients[i]!), offset);
      return softmaxCrossEntropy(await readAndFree(logits), labels, { count, classes: outputs }, null);
    },
  };
}

async function readAndFree(tensor: tf.Tensor): Promise<Float32Array> {
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}
