import * as tf from '@tensorflow/tfjs-core';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** Values of a float32 tensor, where possible without a copy: valid only until the next tfjs call. */
export function readInPlace(tensor: tf.Tensor): Float32Array {
  const backend: unknown = tf.backend();
  if (backend instanceof BackendWasm) return backend.typedArrayFromHeap(tensor) as Float32Array;
  return tensor.dataSync<'float32'>();
}
