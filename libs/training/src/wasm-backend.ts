import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { registerComposedConvolutions } from './composed-convolution.ts';
import { registerComposedMatMul } from './composed-matmul.ts';

/** Where the .wasm files are: a folder's URL ending in '/', or a URL per file. Node finds its own and needs none. */
export type WasmPaths = string | Readonly<Record<'tfjs-backend-wasm.wasm' | 'tfjs-backend-wasm-simd.wasm', string>>;

/** Version of the composed kernels: raise it when a change alters the bits they give. */
const composedVersion = 1;
let composed = false;

/** Starts the wasm backend and puts the composed kernels in. Returns what its numeric class starts with. */
export async function openWasm(paths: WasmPaths | undefined): Promise<string> {
  if (paths !== undefined) {
    // The threaded build is never used: it crashes in Node and gains little; one process a core is better.
    setWasmPaths(typeof paths === 'string' ? paths : { ...paths, 'tfjs-backend-wasm-threaded-simd.wasm': '' });
  }
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const release = watchProcessListeners();
  const opened = await tf.setBackend('wasm');
  release();
  if (!opened) throw new Error('tfjs could not start its wasm backend; see the log line above');
  if (!composed) {
    registerComposedMatMul();
    registerComposedConvolutions();
    composed = true;
  }
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return `wasm${simd === true ? '-simd' : ''}/tfjs-${tf.version_core}/composed-${composedVersion}`;
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
