import { DataError } from './data-error.ts';

/** An array of bytes with its dimensions, outermost first. `data` is a view of the file's bytes, not a copy. */
export interface IdxArray {
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

export const idxLimits = { dimsMax: 4, valuesMax: 1 << 30 } as const;

const unsignedByte = 0x08;

/**
 * Reads an IDX file of unsigned bytes: magic (0, 0, 8, number of dimensions), each dimension as a big-endian uint32,
 * then the values. Throws DataError: E_DATA_EMPTY, E_DATA_MAGIC, E_DATA_DIMS, E_DATA_TRUNCATED or E_DATA_TRAILING.
 */
export function readIdx(bytes: Uint8Array): IdxArray {
  if (bytes.length === 0) throw new DataError('E_DATA_EMPTY', 'The IDX file is empty (0 bytes); fetch it again');
  const dimensions = readMagic(bytes);
  const header = 4 + 4 * dimensions;
  if (bytes.length < header) throw truncated(bytes.length, header);
  const view = new DataView(bytes.buffer, bytes.byteOffset, header);
  const dims = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i, false));
  const values = dims.reduce((product, dim) => product * dim, 1);
  if (values === 0 || values > idxLimits.valuesMax) {
    throw new DataError(
      'E_DATA_DIMS',
      `The IDX file claims dimensions ${dims.join(' x ')}; they must be at least 1 and hold at most ${idxLimits.valuesMax} values in all`,
    );
  }
  const expected = header + values;
  if (bytes.length < expected) throw truncated(bytes.length, expected);
  if (bytes.length > expected) {
    throw new DataError(
      'E_DATA_TRAILING',
      `The IDX file is ${bytes.length} bytes, ${bytes.length - expected} more than its dimensions ${dims.join(' x ')} need; fetch it again`,
    );
  }
  return { dims, data: bytes.subarray(header) };
}

/** The bytes of an IDX file of unsigned bytes: what `readIdx` reads back. */
export function writeIdx(dims: readonly number[], data: Uint8Array): Uint8Array {
  const header = 4 + 4 * dims.length;
  const bytes = new Uint8Array(header + data.length);
  bytes.set([0, 0, unsignedByte, dims.length]);
  const view = new DataView(bytes.buffer);
  dims.forEach((dim, i) => view.setUint32(4 + 4 * i, dim, false));
  bytes.set(data, header);
  return bytes;
}

function readMagic(bytes: Uint8Array): number {
  if (bytes.length < 4) throw truncated(bytes.length, 4);
  const [zero0, zero1, type, dimensions = 0] = bytes;
  if (zero0 === 0 && zero1 === 0 && type === unsignedByte && dimensions >= 1 && dimensions <= idxLimits.dimsMax) {
    return dimensions;
  }
  const seen = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new DataError(
    'E_DATA_MAGIC',
    `The file starts with ${seen}, not with an IDX header of unsigned bytes (00 00 08 and 01 to 04); ` +
      `${zero0 === 0x1f && zero1 === 0x8b ? 'it is gzip-compressed, unpack it first' : 'is it the right file?'}`,
  );
}

function truncated(length: number, expected: number): DataError {
  return new DataError(
    'E_DATA_TRUNCATED',
    `The IDX file is ${length} bytes, its header asks for ${expected}; it was cut off, fetch it again`,
  );
}
