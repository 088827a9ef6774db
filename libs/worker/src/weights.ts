import { parametersFromBytes } from '@gradpool/tensors';
import { WorkError } from './work-error.ts';

/** A flat vector in layout order from the bytes of an artifact; E_WEIGHTS_SHAPE where they are no whole number of values. */
export function weightsFrom(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 === 0) return parametersFromBytes(bytes);
  throw new WorkError('E_WEIGHTS_SHAPE', `the weights are ${bytes.length} bytes, not a whole number of float32 values`);
}
