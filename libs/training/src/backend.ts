import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { findWrongGradient } from './gradient-check.ts';
import { numericFingerprint } from './numeric-fingerprint.ts';
import { TrainingError } from './training-error.ts';
import { measureStandard, measureTrial, type TrainingSpeed } from './training-speed.ts';
import { openWasm, type WasmPaths } from './wasm-backend.ts';

/** The open tfjs backend; there is one in a process. */
export interface Backend extends TrainingSpeed {
  readonly name: string;
  /** Backends of one class give the same bits; stored with every stretch of a trial. */
  readonly numericClass: string;
  /** One line a candidate: what it measured, or why it was passed over. */
  readonly report: readonly string[];
}

export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

export interface OpenBackendOptions {
  /** Which to try, best first; all by default. */
  readonly candidates?: readonly BackendName[];
  /**
   * Imports @tensorflow/tfjs-node and returns its numeric class; absent where there is none (browsers). It may reject
   * in any way: the next candidate is then taken.
   */
  readonly loadTfjsNode?: () => Promise<string>;
  readonly wasmPaths?: WasmPaths;
}

const preference: readonly BackendName[] = ['tensorflow', 'wasm', 'cpu'];
const trialBudgetMs = 120;
const standardBudgetMs = 300;

/**
 * Tries each candidate (does it start, are its gradients right, how fast does it train) and opens the fastest; of
 * equals the first. Throws TrainingError E_BACKEND_NONE when none can train.
 */
export async function openBackend(options: OpenBackendOptions = {}): Promise<Backend> {
  const report: string[] = [];
  let best: { name: BackendName; numericClass: string; speed: number } | null = null;
  for (const name of options.candidates ?? preference) {
    try {
      const { path, note } = await startBackend(name, options);
      const wrong = findWrongGradient();
      if (wrong) throw new Error(`wrong gradient, ${wrong}`);
      const numericClass = `${path}/${numericFingerprint()}`;
      const speed = measureTrial(trialBudgetMs).imagesPerSecond;
      report.push(`${name}: ${Math.round(speed)} images/s in the trial (${numericClass})${note ? `; ${note}` : ''}`);
      if (!best || speed > best.speed) best = { name, numericClass, speed };
    } catch (error) {
      report.push(`${name}: passed over, ${firstLine(error)}`);
    }
  }
  if (!best) {
    throw new TrainingError(
      'E_BACKEND_NONE',
      `No backend can train here (${report.join('; ')}); update Node or the browser`,
    );
  }
  await tf.setBackend(best.name);
  return { name: best.name, numericClass: best.numericClass, report, ...measureStandard(standardBudgetMs) };
}

export interface StartedBackend {
  /** What the numeric class starts with: backend, version, kernels. */
  readonly path: string;
  /** What it had to do without, or null. */
  readonly note: string | null;
}

/** Makes one backend tfjs's current one, unchecked and unmeasured; rejects where it does not start. */
export async function startBackend(name: BackendName, options: OpenBackendOptions = {}): Promise<StartedBackend> {
  // No advice on the console, no checks of every value; results are the same.
  tf.enableProdMode();
  switch (name) {
    case 'tensorflow': {
      if (!options.loadTfjsNode) throw new Error('not offered on this platform');
      const numericClass = await options.loadTfjsNode();
      if (!(await tf.setBackend('tensorflow'))) throw new Error('tfjs-node registered no backend');
      return { path: numericClass, note: null };
    }
    case 'wasm': {
      const { path, simd } = await openWasm(options.wasmPaths);
      return { path, note: simd.module ? null : `slower, without SIMD kernels: ${simd.reason}` };
    }
    case 'cpu':
      if (!(await tf.setBackend('cpu'))) throw new Error('tfjs could not start its cpu backend');
      return { path: `cpu/tfjs-${tf.version_core}/${engineName()}`, note: null };
    default:
      return name satisfies never;
  }
}

/** The plain JS backend uses Math.exp and its like, which differ in the last bit between engines. */
function engineName(): string {
  const { process, navigator } = globalThis as {
    process?: { versions?: Record<string, string | undefined> };
    navigator?: { userAgent?: string };
  };
  const v8 = process?.versions?.['v8'];
  return v8 === undefined ? (navigator?.userAgent ?? 'unknown engine') : `v8-${v8}`;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : JSON.stringify(error);
  return (text.split('\n')[0] ?? '').slice(0, 200);
}
