import type * as tf from '@tensorflow/tfjs-core';
import { kernelOf, replaceKernel, type WasmArguments } from './wasm-kernel.ts';

/**
 * The wasm backend multiplies with XNNPACK only when neither factor is transposed; otherwise a scalar loop 15 times
 * slower runs. These kernels transpose first (Transpose is fast) and then multiply.
 */
export function registerComposedMatMul(): void {
  for (const name of ['BatchMatMul', '_FusedMatMul']) {
    const multiply = kernelOf(name);
    replaceKernel(name, (args) => withoutTransposes(args, multiply));
  }
}

function withoutTransposes(args: WasmArguments, multiply: (args: WasmArguments) => tf.TensorInfo): tf.TensorInfo {
  const { inputs, backend, attrs } = args;
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const left = attrs['transposeA'] === true ? transposed(args, a) : a;
  const right = attrs['transposeB'] === true ? transposed(args, b) : b;
  const out = multiply({
    backend,
    inputs: { ...inputs, a: left, b: right },
    attrs: { ...attrs, transposeA: false, transposeB: false },
  });
  if (left !== a) backend.disposeData(left.dataId);
  if (right !== b) backend.disposeData(right.dataId);
  return out;
}

/** Last two dimensions swapped. */
function transposed({ backend }: WasmArguments, x: tf.TensorInfo): tf.TensorInfo {
  const rank = x.shape.length;
  const perm = [...x.shape.keys()];
  perm[rank - 2] = rank - 1;
  perm[rank - 1] = rank - 2;
  return kernelOf('Transpose')({ backend, inputs: { x }, attrs: { perm } });
}
