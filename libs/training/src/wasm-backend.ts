import * as tf from '@tensorflow/tfjs-core';
import type { KernelModule } from '@gradpool/kernels';
import { setWasmPaths, type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { registerComposedConvolutions } from './composed-convolution.ts';
import { registerComposedMatMul } from './composed-matmul.ts';
import { registerComposedPooling } from './composed-pooling.ts';
import { openKernelHeap } from './kernel-heap.ts';
import { loadSimdKernels, type SimdKernels } from './simd-kernels.ts';
import { registerSimdConvolutions } from './simd-convolution.ts';
import { registerSimdMatMul } from './simd-matmul.ts';
import { registerSimdPooling } from './simd-pooling.ts';
import { registerSimdSum } from './simd-sum.ts';
import { registerSimdTranspose } from './simd-transpose.ts';

/** Where the .wasm files are: a folder's URL ending in '/', or a URL per file. Node finds its own and needs none. */
export type WasmPaths = string | Readonly<Record<'tfjs-backend-wasm.wasm' | 'tfjs-backend-wasm-simd.wasm', string>>;

/** Whose kernels the wasm backend computes with: ours, or for comparisons those it brings. */
export type KernelSet = 'own' | 'stock';

/** Version of the composed kernels: raise it when a change alters the bits they give. */
const composedVersion = 1;
let loaded: SimdKernels | null = null;
let stock = false;

/** The wasm backend as it was opened. */
export interface OpenedWasm {
  /** What its numeric class starts with. */
  readonly path: string;
  readonly simd: SimdKernels;
}

/**
 * Starts the wasm backend and puts the composed kernels in, and over them, where they work, our own SIMD kernels. `stock` leaves the
 * backend's own products, and adds only the gradients that it lacks or has wrong. In one process the first choice stays.
 */
export async function openWasm(paths: WasmPaths | undefined, kernelSet: KernelSet = 'own'): Promise<OpenedWasm> {
  if (paths !== undefined) {
    // The threaded build is never used: it crashes in Node and gains little; one process a core is better.
    setWasmPaths(typeof paths === 'string' ? paths : { ...paths, 'tfjs-backend-wasm-threaded-simd.wasm': '' });
  }
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const release = watchProcessListeners();
  const opened = await tf.setBackend('wasm');
  release();
  if (!opened) throw new Error('tfjs could not start its wasm backend; see the log line above');
  if (!loaded) {
    stock = kernelSet === 'stock';
    loaded = stock ? { module: null, reason: 'stock kernels were asked for' } : await loadSimdKernels();
    if (!stock) registerComposedMatMul();
    registerComposedConvolutions();
    registerComposedPooling();
    if (loaded.module) registerSimdKernels(loaded.module);
  }
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  const kernels = loaded.module ? loaded.name : `${stock ? 'stock' : 'composed'}-${composedVersion}`;
  return { path: `wasm${simd === true ? '-simd' : ''}/tfjs-${tf.version_core}/${kernels}`, simd: loaded };
}

function registerSimdKernels(module: KernelModule): void {
  const heap = openKernelHeap(module, tf.backend() as BackendWasm);
  registerSimdMatMul(heap);
  registerSimdConvolutions(heap);
  registerSimdPooling(heap);
  registerSimdSum(heap);
  registerSimdTranspose(heap);
}

/** The SIMD kernels, where the wasm backend is tfjs's current one and has them. */
export function activeKernels(): KernelModule | null {
  return tf.getBackend() === 'wasm' ? (loaded?.module ?? null) : null;
}

/**
 * In Node the module's start-up code hooks 'uncaughtException' and 'unhandledRejection' to rethrow, which would take
 * the process's own handling away. The returned function removes what was added meanwhile.
 */
function watchProcessListeners(): () => void {
  const emitter = (globalThis as { process?: Partial<NodeJS.Process> }).process;
  if (typeof emitter?.rawListeners !== 'function') return () => undefined;
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = new Set(events.flatMap((event) => emitter.rawListeners?.(event) ?? []));
  return () => {
    for (const event of events) {
      for (const listener of emitter.rawListeners?.(event) ?? []) {
        if (!before.has(listener)) emitter.removeListener?.(event, listener as () => void);
      }
    }
  };
}
