const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * The flat vector as little-endian float32 bytes: the form in which weights are stored, sent and hashed.
 * On a little-endian machine this is a view of the same memory, not a copy.
 */
export function parameterBytes(flat: Float32Array): Uint8Array {
  if (littleEndian) return new Uint8Array(flat.buffer, flat.byteOffset, flat.byteLength);
  const bytes = new Uint8Array(flat.byteLength);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < flat.length; i += 1) view.setFloat32(4 * i, flat[i] ?? 0, true);
  return bytes;
}

/** A fresh flat vector from little-endian float32 bytes, aligned or not. Throws RangeError for a length that is no multiple of 4. */
export function parametersFromBytes(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) {
    throw new RangeError(`${bytes.length} bytes are no vector of float32 values; the length must be a multiple of 4`);
  }
  const flat = new Float32Array(bytes.length / 4);
  if (littleEndian) {
    new Uint8Array(flat.buffer).set(bytes);
    return flat;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < flat.length; i += 1) flat[i] = view.getFloat32(4 * i, true);
  return flat;
}
