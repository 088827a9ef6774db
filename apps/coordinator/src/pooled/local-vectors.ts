import { codecBytes, openArena, placeCodec, takeStep, type KernelModule } from '@gradpool/kernels';
import {
  addTo,
  codecs,
  difference,
  isFiniteVector,
  optimizerOf,
  stepNumbers,
  vectorsOf,
  type CodecName,
  type OptimizerMemory,
  type OptimizerRule,
  type RandomKey,
} from '@gradpool/tensors';

/** The vectors of one run in local mode, and what a round does with them. The bits are the same with and without SIMD. */
export interface LocalVectors {
  /** What has been learnt, in full. */
  readonly parameters: Float32Array;
  /** What the workers have of it: the sum of all changes as they were sent. The next change makes up for what was lost. */
  readonly shown: Float32Array;
  /** Of the outer optimizer. */
  readonly memory: OptimizerMemory;
  /** Where the next average or step goes: 0 when a round begins. */
  readonly mean: Float32Array;
  /** Euclidean norm of an encoded change; not finite where a value is not. RangeError for bytes of another length. */
  readonly norm: (bytes: Uint8Array) => number;
  /** Adds `weight` times an encoded change to the mean. RangeError for bytes of another length. */
  readonly add: (bytes: Uint8Array, weight: number) => void;
  /** Adds the mean to the parameters; the next one begins at 0. */
  readonly average: () => void;
  /** The same by one step of an optimizer along the mean. */
  readonly step: (rule: OptimizerRule, learningRate: number) => void;
  /** Encodes what the workers lack, and takes it for shown. */
  readonly nextChange: (key: RandomKey) => Uint8Array;
  /** Whether all parameters are finite. */
  readonly isFinite: () => boolean;
}

export interface LocalVectorsShape {
  readonly codec: CodecName;
  readonly rule: OptimizerRule;
  readonly size: number;
}

/** Vectors of zeros; with SIMD kernels they lie in a memory of their own, about 27 bytes for each parameter. */
export function openLocalVectors(module: KernelModule | null, shape: LocalVectorsShape): LocalVectors {
  return module ? simdVectors(module, shape) : plainVectors(shape);
}

function plainVectors({ codec: name, rule, size }: LocalVectorsShape): LocalVectors {
  const codec = codecs[name];
  const [parameters, shown, mean, one] = [0, 1, 2, 3].map(() => new Float32Array(size)) as Four<Float32Array>;
  const memory = optimizerOf(rule).init(size);
  return {
    ...{ parameters, shown, memory, mean },
    norm(bytes) {
      codec.decode(bytes, one);
      return normOf(one);
    },
    add(bytes, weight) {
      codec.decode(bytes, one);
      addTo(mean, one, weight);
    },
    average() {
      addTo(parameters, mean);
      mean.fill(0);
    },
    step(outer, learningRate) {
      optimizerOf(outer).update(parameters, mean, memory, learningRate);
      mean.fill(0);
    },
    nextChange(key) {
      const bytes = codec.encode(difference(parameters, shown), key);
      codec.decode(bytes, one);
      addTo(shown, one);
      return bytes;
    },
    isFinite: () => isFiniteVector(parameters),
  };
}

function simdVectors(module: KernelModule, { codec: name, rule, size }: LocalVectorsShape): LocalVectors {
  const arena = openArena(module, (4 + vectorsOf(rule)) * (4 * size + 64) + codecBytes(size));
  const { kernels, allocate, floats } = arena;
  const [p, shown, mean, one] = [0, 1, 2, 3].map(() => allocate(4 * size)) as Four<number>;
  const vectors = Array.from({ length: vectorsOf(rule) }, () => allocate(4 * size));
  const codec = placeCodec(arena, name, size);
  const [parameters, change, sum] = [floats(p, size), floats(one, size), floats(mean, size)];
  const memory: OptimizerMemory = { step: 0, vectors: vectors.map((address) => floats(address, size)) };
  const place = { size, p, g: mean, vectors };
  // A step of SGD: the product and the difference in double, rounded once, as `addTo` and `difference` have them.
  const addScaled = (to: number, values: number, weight: number): void => {
    kernels.sgd(to, values, size, -weight);
  };
  return {
    ...{ parameters, shown: floats(shown, size), memory, mean: sum },
    norm(bytes) {
      codec.decode(bytes, one);
      return normOf(change);
    },
    add(bytes, weight) {
      codec.decode(bytes, one);
      addScaled(mean, one, weight);
    },
    average() {
      addScaled(p, mean, 1);
      sum.fill(0);
    },
    step(outer, learningRate) {
      memory.step += 1;
      takeStep(kernels, stepNumbers(outer, { step: memory.step, learningRate }), place);
      sum.fill(0);
    },
    nextChange(key) {
      change.set(parameters);
      addScaled(one, shown, -1);
      const bytes = codec.encode(one, key);
      codec.decode(bytes, one);
      addScaled(shown, one, 1);
      return bytes;
    },
    // NaN is not below it either.
    isFinite: () => kernels.largestSize(p, size) < Infinity,
  };
}

/** Euclidean. */
function normOf(values: Float32Array): number {
  const size = values.length;
  let squares = 0;
  // By index: `for of` over a typed array takes ten times as long.
  for (let i = 0; i < size; i += 1) squares += values[i]! ** 2;
  return Math.sqrt(squares);
}

type Four<T> = [T, T, T, T];
