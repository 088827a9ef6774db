import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** What a kernel function of the wasm backend takes. It returns a tensor of its own; temporaries it must dispose of. */
export interface WasmArguments {
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: BackendWasm;
}

export type WasmKernel = (args: WasmArguments) => tf.TensorInfo;

/** The registered kernel of the wasm backend; throws when the backend has none of that name. */
export function kernelOf(name: string): WasmKernel {
  const kernel = tf.getKernel(name, 'wasm');
  if (!kernel)
    throw new Error(`The wasm backend has no kernel ${name}; check the version of @tensorflow/tfjs-backend-wasm`);
  return kernel.kernelFunc as unknown as WasmKernel;
}

/** Puts a kernel in the place of the stock one, or beside the stock ones where there was none. */
export function replaceKernel(name: string, kernelFunc: WasmKernel): void {
  const stock = tf.getKernel(name, 'wasm');
  if (stock) tf.unregisterKernel(name, 'wasm');
  // The stock set-up function stays: other kernels reach into what it prepares.
  tf.registerKernel({
    ...stock,
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: kernelFunc as unknown as tf.KernelFunc,
  });
}

/** Runs kernels one after the other and frees what they made. */
export interface KernelRunner {
  /** A temporary, kept until `last` has run. */
  next(name: string, inputs: tf.NamedTensorInfoMap, attrs: Readonly<Record<string, unknown>>): tf.TensorInfo;
  /** The result, which stays; every temporary is disposed of. */
  last(name: string, inputs: tf.NamedTensorInfoMap, attrs: Readonly<Record<string, unknown>>): tf.TensorInfo;
}

export function kernelRunner(backend: BackendWasm): KernelRunner {
  const temporaries: tf.TensorInfo[] = [];
  const run: KernelRunner['last'] = (name, inputs, attrs) => kernelOf(name)({ backend, inputs, attrs });
  return {
    next(name, inputs, attrs) {
      const made = run(name, inputs, attrs);
      temporaries.push(made);
      return made;
    },
    last(name, inputs, attrs) {
      const made = run(name, inputs, attrs);
      for (const temporary of temporaries) backend.disposeData(temporary.dataId);
      return made;
    },
  };
}
