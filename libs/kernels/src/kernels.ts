import { moduleBase64, moduleSha256 } from './generated/module.ts';
import { webAssembly, type KernelModule, type Memory } from './webassembly.ts';

/**
 * The compiled kernels on one memory. Every pointer is a byte address in it; vectors are float32 unless said otherwise.
 * Equations, layouts and sources stand beside the code, in assembly/.
 */
export interface Kernels {
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
  /** One step of Adam in place; `rate` and `epsilon` hold the bias corrections. */
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
  ): void;
  /** For benchmarks: `steps` x 64 multiplications and additions from registers. */
  multiplyAddLoop(steps: number, x: number, y: number): number;
}

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
