/*
 * Fixed-point vectors as they are sent: most whole numbers of a sum are small, so each block of 64 values takes only as many
 * bytes a value as its largest one needs. Nothing is lost.
 *
 * Bytes: the width of every block (0 to 8), then the blocks in order. Width 0 stands for zeros; 1 to 7 for signed whole numbers
 * of so many bytes, little-endian; 8 for float64 as they are, which no honest sum needs.
 */

/** Values that share one width. */
export const fixedPointBlock = 64;
const widthMax = 8;

/** The most that a vector of `size` values can take. */
export function fixedPointBytesMax(size: number): number {
  return Math.ceil(size / fixedPointBlock) + widthMax * size;
}

/** The vector in as few bytes as its values need; -0 becomes 0. */
export function fixedPointBytes(sum: Float64Array): Uint8Array {
  const blocks = Math.ceil(sum.length / fixedPointBlock);
  const bytes = new Uint8Array(fixedPointBytesMax(sum.length));
  const view = new DataView(bytes.buffer);
  let at = blocks;
  for (let block = 0; block < blocks; block += 1) {
    const first = block * fixedPointBlock;
    const end = Math.min(sum.length, first + fixedPointBlock);
    const width = widthOf(sum, first, end);
    bytes[block] = width;
    for (let i = first; i < end; i += 1, at += width) put(view, at, width, sum[i]!);
  }
  return bytes.slice(0, at);
}

/** Bytes that each value of a block needs. */
function widthOf(sum: Float64Array, first: number, end: number): number {
  let largest = 0;
  for (let i = first; i < end; i += 1) {
    const value = sum[i]!;
    if (Math.floor(value) !== value) return widthMax;
    largest = Math.max(largest, Math.abs(value));
  }
  if (largest === 0) return 0;
  for (let width = 1; width < widthMax; width += 1) if (largest < 2 ** (8 * width - 1)) return width;
  return widthMax;
}

function put(view: DataView, at: number, width: number, value: number): void {
  if (width === widthMax) return view.setFloat64(at, value, true);
  let rest = value;
  for (let k = 0; k < width; k += 1) {
    const next = Math.floor(rest / 256);
    view.setUint8(at + k, rest - 256 * next);
    rest = next;
  }
}

/** Whether such bytes can be a vector of `size` values: every width known, and as many bytes as they say. */
export function isFixedPointBytes(bytes: Uint8Array, size: number): boolean {
  const blocks = Math.ceil(size / fixedPointBlock);
  if (bytes.length < blocks) return false;
  let length = blocks;
  for (let block = 0; block < blocks; block += 1) {
    const width = bytes[block]!;
    if (width > widthMax) return false;
    length += width * Math.min(fixedPointBlock, size - block * fixedPointBlock);
  }
  return bytes.length === length;
}

/** The `size` values of such bytes. RangeError for bytes that are none. */
export function fixedPointFromBytes(bytes: Uint8Array, size: number): Float64Array {
  if (!isFixedPointBytes(bytes, size)) {
    throw new RangeError(`${bytes.length} bytes are no fixed-point vector of ${size} values; its widths say otherwise`);
  }
  const sum = new Float64Array(size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = Math.ceil(size / fixedPointBlock);
  for (let i = 0; i < size; i += 1) {
    const width = bytes[Math.floor(i / fixedPointBlock)]!;
    sum[i] = take(view, at, width);
    at += width;
  }
  return sum;
}

function take(view: DataView, at: number, width: number): number {
  if (width === widthMax) return view.getFloat64(at, true);
  if (width === 0) return 0;
  let value = view.getInt8(at + width - 1);
  for (let k = width - 2; k >= 0; k -= 1) value = 256 * value + view.getUint8(at + k);
  return value;
}
