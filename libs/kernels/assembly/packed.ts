/*
 * Fixed-point vectors packed by blocks of 64 values, as libs/tensors (fixed-point-bytes.ts) names the format: whole numbers
 * of `width` bytes, little-endian; width 8 is float64. Eight bytes are read or written at once, so 8 bytes of room are
 * needed behind the last block.
 */

/** Packs x: the widths of its blocks go to `widths`, the blocks to `out`. Returns the bytes of the blocks. */
export function packWholes(x: usize, size: i32, widths: usize, out: usize): i32 {
  const begin = out;
  for (let first = 0; first < size; first += 64) {
    const count = min(64, size - first);
    const block = x + ((<usize>first) << 3);
    const width = blockWidth(block, count);
    store<u8>(widths + <usize>(first >> 6), <u8>width);
    const end = block + ((<usize>count) << 3);
    if (width == 8) {
      for (let at = block; at < end; at += 8) {
        store<f64>(out, load<f64>(at));
        out += 8;
      }
    } else if (width != 0) {
      for (let at = block; at < end; at += 8) {
        store<i64>(out, <i64>load<f64>(at));
        out += <usize>width;
      }
    }
  }
  return <i32>(out - begin);
}

/** Bytes that each of `count` values needs. */
function blockWidth(x: usize, count: i32): i32 {
  let largest: f64 = 0;
  const end = x + ((<usize>count) << 3);
  for (; x < end; x += 8) {
    const value = load<f64>(x);
    if (floor<f64>(value) != value) return 8;
    largest = max<f64>(largest, abs<f64>(value));
  }
  if (largest == 0) return 0;
  let beyond: f64 = 128;
  for (let width = 1; width < 8; width += 1) {
    if (largest < beyond) return width;
    beyond *= 256;
  }
  return 8;
}

/** sum[i] += x[i] for packed x: float64. */
export function addWholes(sum: usize, widths: usize, packed: usize, size: i32): void {
  for (let first = 0; first < size; first += 64) {
    const width = <i32>load<u8>(widths + <usize>(first >> 6));
    const end = sum + ((<usize>min(64, size - first)) << 3);
    if (width == 8) {
      for (; sum < end; sum += 8) {
        store<f64>(sum, load<f64>(sum) + load<f64>(packed));
        packed += 8;
      }
    } else if (width == 0) {
      sum = end;
    } else {
      const unused = <i64>(64 - 8 * width);
      for (; sum < end; sum += 8) {
        store<f64>(sum, load<f64>(sum) + <f64>((load<i64>(packed) << unused) >> unused));
        packed += <usize>width;
      }
    }
  }
}

/** The sum of all x[i] squared; -1 where any is no whole number or larger than `limit`. */
export function squaresOfWholes(widths: usize, packed: usize, size: i32, limit: f64): f64 {
  let squares: f64 = 0;
  let largest: f64 = 0;
  for (let first = 0; first < size; first += 64) {
    const width = <i32>load<u8>(widths + <usize>(first >> 6));
    const count = min(64, size - first);
    if (width == 0) continue;
    const unused = <i64>(64 - 8 * width);
    for (let i = 0; i < count; i += 1) {
      let value: f64;
      if (width == 8) {
        value = load<f64>(packed);
        if (floor<f64>(value) != value) return -1;
      } else {
        value = <f64>((load<i64>(packed) << unused) >> unused);
      }
      largest = max<f64>(largest, abs<f64>(value));
      squares += value * value;
      packed += <usize>width;
    }
  }
  return largest <= limit ? squares : -1;
}
