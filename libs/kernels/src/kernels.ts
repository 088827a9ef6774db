import { moduleBase64, moduleSha256 } from './generated/module.ts';
import { webAssembly, type KernelModule, type Memory } from './webassembly.ts';

/** Sums and codecs of flat vectors; formats and limits are those of libs/tensors, whose bits they have. */
interface VectorKernels {
  /** sum += x, float32. */
  addFloats(sum: number, x: number, size: number): void;
  /** sum += partial, float64. */
  addDoubles(sum: number, partial: number, size: number): void;
  /** sum += round(x scale): float64 sum, float32 x. */
  addFixedPoint(sum: number, x: number, size: number, scale: number): void;
  /** Packs float64 whole numbers; returns the bytes of the blocks. 8 bytes of room behind them, for the next two as well. */
  packWholes(x: number, size: number, widths: number, out: number): number;
  /** sum += the packed values, float64. */
  addWholes(sum: number, widths: number, packed: number, size: number): void;
  /** The mean of a fixed-point sum as float32, sum / divisor; the sum becomes 0. */
  takeMean(sum: number, size: number, divisor: number, out: number): void;
  /** The sum of the squares of packed values, by i mod 4 as (0 + 1) + (2 + 3); -1 where one is no whole number or larger than `limit`. */
  squaresOfWholes(widths: number, packed: number, size: number, limit: number): number;
  /** The largest |x|; NaN where any value is. */
  largestSize(x: number, size: number): number;
  encodeBf16(x: number, uniforms: number, size: number, out: number): void;
  decodeBf16(bytes: number, size: number, out: number): void;
  /** int8 levels up to `levelMax` (127, or 7 for int4) and a float32 scale for every 64 values. */
  encodeBlocks(x: number, uniforms: number, size: number, levelMax: number, scales: number, levels: number): void;
  decodeBlocks(levels: number, scales: number, size: number, out: number): void;
  /** Two int4 levels to a byte. */
  packHalves(levels: number, size: number, bytes: number): void;
  unpackHalves(bytes: number, size: number, levels: number): void;
}

/** Optimizer steps in place on `size` parameters p, from their gradient g; the bits of libs/tensors. */
interface OptimizerKernels {
  /** Adam and AdamW with moments m and v; `rate` and `epsilon` hold the bias corrections, `keep` the weight decay. */
  adam(
    p: number,
    g: number,
    m: number,
    v: number,
    size: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    keep: number,
  ): void;
  /** Momentum u; `nesterov` 0 or 1. */
  momentum(p: number, g: number, u: number, size: number, rate: number, mu: number, nesterov: number): void;
  sgd(p: number, g: number, size: number, rate: number): void;
}

/**
 * The compiled kernels on one memory. Every pointer is a byte address in it; vectors are float32 unless said otherwise.
 * Equations, layouts and sources stand beside the code, in assembly/.
 */
export interface Kernels extends VectorKernels, OptimizerKernels {
  /** Bytes of scratch space that `gemm` needs, 16-byte aligned. */
  gemmScratchBytes(): number;
  /** C = op(A) op(B), row-major, plus C where `accumulate` is 1; flags 0 or 1; `lda`, `ldb`, `ldc` in values. */
  gemm(
    transposeA: number,
    transposeB: number,
    m: number,
    n: number,
    k: number,
    a: number,
    lda: number,
    b: number,
    ldb: number,
    c: number,
    ldc: number,
    accumulate: number,
    scratch: number,
  ): void;
  /** y = a(z + bias), z and y [rows, n]; the sum stays in z. `kind`: see `activationKinds`. */
  biasActivate(kind: number, z: number, y: number, bias: number, rows: number, n: number): void;
  /** dz = dy a'(z), in place of dy; `z` is read for gelu only, `y` for all others. */
  activationGradient(kind: number, dy: number, z: number, y: number, size: number): void;
  /** y = 1 / (1 + e^-z). */
  sigmoid(z: number, y: number, size: number): void;
  /** sums[j] = sum over rows of x[rows, n]. */
  columnSums(x: number, rows: number, n: number, sums: number): void;
  /** Sum of (sigmoid(z) - y)^2; its gradient at the logits, times `scale`, goes to dz. */
  readonly squaredError: LossKernel;
  /** Sum of the binary cross-entropy of sigmoid(z) against y; its gradient, times `scale`, goes to dz. */
  readonly crossEntropy: LossKernel;
  /** y[columns, rows] = x[rows, columns] turned over. */
  transpose(x: number, rows: number, columns: number, y: number): void;
  /** Windows of the maps x as rows of a matrix. */
  readonly im2col: WindowKernel;
  /** The rows of `windows` added back to maps, which are written whole. */
  readonly col2im: WindowKernel;
  /** y = the largest value of each window of the maps x. */
  readonly maxPool: (...args: [...PoolArguments, y: number]) => void;
  /** dx = dy where `maxPool` took its value y from, the first place of equal ones; dx is written whole. */
  readonly maxPoolGradient: (...args: [...PoolArguments, y: number, dy: number, dx: number]) => void;
  /** Bytes of scratch space that `uniforms` and `addNoise` need, 16-byte aligned. */
  randomScratchBytes(): number;
  /** Uniforms in [0, 1) at positions `position` and following of the key; the bits of libs/tensors. */
  uniforms(out: number, size: number, position: number, key0: number, key1: number, scratch: number): void;
  /** noisy = clip(clean + factor N(0, 1), 0, 1) with the normals of libs/tensors; `tables`: its `normalTables`, float64. */
  addNoise(
    clean: number,
    noisy: number,
    size: number,
    factor: number,
    position: number,
    key0: number,
    key1: number,
    tables: number,
    scratch: number,
  ): void;
  /** For benchmarks: `steps` x 96 multiplications and additions from registers, with the eight values at `xy`. */
  multiplyAddLoop(steps: number, xy: number): number;
}

/** x: [images, height, width, channels]; windows: [images outHeight outWidth, kernelHeight kernelWidth channels]. */
type WindowKernel = (
  x: number,
  images: number,
  height: number,
  width: number,
  channels: number,
  kernelHeight: number,
  kernelWidth: number,
  strideHeight: number,
  strideWidth: number,
  dilationHeight: number,
  dilationWidth: number,
  top: number,
  left: number,
  outHeight: number,
  outWidth: number,
  windows: number,
) => void;

/** Maps x [images, height, width, channels] and the windows over them. */
type PoolArguments = [
  x: number,
  images: number,
  height: number,
  width: number,
  channels: number,
  kernelHeight: number,
  kernelWidth: number,
  strideHeight: number,
  strideWidth: number,
  top: number,
  left: number,
  outHeight: number,
  outWidth: number,
];

/** Logits z, targets y; returns the sum over `size` values. */
type LossKernel = (z: number, y: number, dz: number, size: number, scale: number) => number;

/** Numbers of the activations that `biasActivate` and `activationGradient` take. */
export const activationKinds = { linear: 0, relu: 1, elu: 2, tanh: 3, gelu: 4, sigmoid: 5 } as const;

/** SHA-256 of the module, 64 hex digits: part of a worker's numeric class. */
export const kernelsSha256: string = moduleSha256;

/** Compiles the module; null where the engine has no SIMD. */
export async function compileKernels(): Promise<KernelModule | null> {
  const bytes = Uint8Array.from(atob(moduleBase64), (letter) => letter.charCodeAt(0));
  return webAssembly.validate(bytes) ? webAssembly.compile(bytes) : null;
}

/** The kernels at work on a memory; several instances may share one. */
export function kernelsOn(module: KernelModule, memory: Memory): Kernels {
  return new webAssembly.Instance(module, { env: { memory } }).exports as Kernels;
}
