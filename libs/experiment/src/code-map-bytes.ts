import { DataError } from './data-error.ts';

/** The first codes of a test set that a map shows: as many as the eye tells apart. */
export const embeddedMax = 2_000;

/** Test codes of a trial on a plane. */
export interface CodeMapPoints {
  readonly count: number;
  /** Class of each, from 0. */
  readonly labels: Uint8Array;
  /** Each [count, 2]. */
  readonly tsne: Float32Array;
  readonly pca: Float32Array;
}

const magic = 'GPE1';
const headBytes = 8;
const paddedLabels = (count: number): number => 4 * Math.ceil(count / 4);

/** Length of a map of `count` points as bytes. */
export const codeMapBytes = (count: number): number => headBytes + paddedLabels(count) + 16 * count;

/** Magic, count (uint32), labels padded to a multiple of four bytes, t-SNE and PCA (float32), all little-endian. */
export function writeCodeMap({ count, labels, tsne, pca }: CodeMapPoints): Uint8Array {
  const bytes = new Uint8Array(codeMapBytes(count));
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint32(4, count, true);
  bytes.set(labels, headBytes);
  const from = headBytes + paddedLabels(count);
  for (const [i, value] of [...tsne, ...pca].entries()) view.setFloat32(from + 4 * i, value, true);
  return bytes;
}

/** Throws DataError E_DATA_MISMATCH where the bytes are no map. */
export function readCodeMap(bytes: Uint8Array): CodeMapPoints {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const named = bytes.length >= headBytes && new TextDecoder().decode(bytes.subarray(0, 4)) === magic;
  const count = named ? view.getUint32(4, true) : 0;
  if (!named || bytes.length !== codeMapBytes(count)) {
    const message = `These ${bytes.length} bytes are no map of codes (magic ${magic}, then ${count} points); ask for it again`;
    throw new DataError('E_DATA_MISMATCH', message);
  }
  const from = headBytes + paddedLabels(count);
  const plane = (first: number): Float32Array =>
    Float32Array.from({ length: 2 * count }, (_, i) => view.getFloat32(first + 4 * i, true));
  return {
    count,
    labels: bytes.slice(headBytes, headBytes + count),
    tsne: plane(from),
    pca: plane(from + 8 * count),
  };
}
