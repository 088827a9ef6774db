import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { watchDevice } from './device-loss.ts';
import { isGpu, openGpu } from './gpu-backend.ts';
import { checkGradients, findOtherGradient, findWrongGradient } from './gradient-check.ts';
import { numericFingerprint } from './numeric-fingerprint.ts';
import { TrainingError } from './training-error.ts';
import { measureTraining, type TrainingSpeed } from './training-speed.ts';
import { openWasm, type KernelSet, type WasmPaths } from './wasm-backend.ts';

/** The open tfjs backend; there is one in a process. */
export interface Backend extends TrainingSpeed {
  readonly name: string;
  /** Backends of one class give the same bits; stored with every stretch of a trial. */
  readonly numericClass: string;
  /** One line a candidate: what it measured, or why it was passed over. */
  readonly report: readonly string[];
}

export type BackendName = 'tensorflow' | 'wasm' | 'webgpu' | 'webgl' | 'cpu';

export interface OpenBackendOptions {
  /** Which to try, in this order. Right gradients of the first serve to check the graphics backends after it. */
  readonly candidates?: readonly BackendName[];
  /**
   * Imports @tensorflow/tfjs-node and returns its numeric class; absent where there is none (browsers). It may reject
   * in any way: the next candidate is then taken.
   */
  readonly loadTfjsNode?: () => Promise<string>;
  readonly wasmPaths?: WasmPaths;
  /** What was measured and chosen here before: opened and checked again, but not measured. */
  readonly remembered?: TrainingSpeed & { readonly name: BackendName };
  /** Whose kernels `wasm` computes with: ours unless said otherwise; for comparisons. */
  readonly kernels?: KernelSet;
  /** Takes graphics backends too that the processor computes; for tests. */
  readonly softwareGpu?: boolean;
}

const preference: readonly BackendName[] = ['tensorflow', 'wasm', 'cpu'];
const measureMs = 300;

interface Checked {
  readonly name: BackendName;
  readonly numericClass: string;
  readonly note: string | null;
}
interface Measured extends Checked, TrainingSpeed {}

/**
 * Tries each candidate (does it start, are its gradients right, how fast does it train) and opens the fastest; of
 * equals the first. `cpu` is many times slower than any other and tried only where none works. Throws TrainingError
 * E_BACKEND_NONE when none can train.
 */
export async function openBackend(options: OpenBackendOptions = {}): Promise<Backend> {
  const report: string[] = [];
  const known = options.remembered && (await reopen(options.remembered, options, report));
  const best = known ?? (await fastest(options, report));
  if (!best) {
    throw new TrainingError(
      'E_BACKEND_NONE',
      `No backend can train here (${report.join('; ')}); update Node or the browser`,
    );
  }
  if (tf.getBackend() !== best.name) await startBackend(best.name, options);
  const { name, numericClass, imagesPerSecond, flopsPerSecond } = best;
  return { name, numericClass, imagesPerSecond, flopsPerSecond, report };
}

async function reopen(
  { name, imagesPerSecond, flopsPerSecond }: TrainingSpeed & { readonly name: BackendName },
  options: OpenBackendOptions,
  report: string[],
): Promise<Measured | null> {
  try {
    const { backend } = await openChecked(name, options, null);
    report.push(`${name}: taken as before, ${Math.round(imagesPerSecond)} images/s (${backend.numericClass})`);
    return { ...backend, imagesPerSecond, flopsPerSecond };
  } catch (error) {
    report.push(`${name}: no longer taken, ${firstLine(error)}`);
    return null;
  }
}

async function fastest(options: OpenBackendOptions, report: string[]): Promise<Measured | null> {
  let best: Measured | null = null;
  let known: readonly Float32Array[] | null = null;
  for (const name of options.candidates ?? preference) {
    if (name === 'cpu' && best) continue;
    try {
      const { backend, gradients } = await openChecked(name, options, known);
      known ??= gradients;
      const measured: Measured = { ...backend, ...(await measureTraining(measureMs)) };
      const { numericClass, note, imagesPerSecond } = measured;
      report.push(`${name}: ${Math.round(imagesPerSecond)} images/s (${numericClass})${note ? `; ${note}` : ''}`);
      if (!best || imagesPerSecond > best.imagesPerSecond) best = measured;
    } catch (error) {
      report.push(`${name}: passed over, ${firstLine(error)}`);
    }
  }
  return best;
}

/** Starts a backend and checks its gradients: against known ones where there are any, else by finite differences. */
async function openChecked(
  name: BackendName,
  options: OpenBackendOptions,
  known: readonly Float32Array[] | null,
): Promise<{ readonly backend: Checked; readonly gradients: readonly Float32Array[] }> {
  const { path, note } = await startBackend(name, options);
  const wrong = known && isGpu(name) ? await findOtherGradient(known) : await findWrongGradient();
  if (wrong) throw new Error(`wrong gradient, ${wrong}`);
  // The bits of a graphics device depend on its driver, and a dozen more shaders would have to be compiled.
  const numericClass = isGpu(name) ? path : `${path}/${await numericFingerprint()}`;
  return { backend: { name, numericClass, note }, gradients: known ?? (await checkGradients()) };
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
  watchDevice(null);
  switch (name) {
    case 'tensorflow': {
      if (!options.loadTfjsNode) throw new Error('not offered on this platform');
      const numericClass = await options.loadTfjsNode();
      if (!(await tf.setBackend('tensorflow'))) throw new Error('tfjs-node registered no backend');
      return { path: numericClass, note: null };
    }
    case 'wasm': {
      const { path, simd } = await openWasm(options.wasmPaths, options.kernels);
      return { path, note: simd.module ? null : `slower, without SIMD kernels: ${simd.reason}` };
    }
    case 'webgpu':
    case 'webgl': {
      const { path, software } = await openGpu(name);
      if (software && !options.softwareGpu) throw new Error(`computed by the processor: ${path}`);
      return { path, note: null };
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
