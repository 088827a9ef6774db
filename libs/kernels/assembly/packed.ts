/*
 * Fixed-point vectors packed by blocks of 64 values, as libs/tensors (fixed-point-bytes.ts) names the format: whole numbers
 * of `width` bytes, little-endian; width 8 is float64. Up to sixteen bytes are read at once, and eight written, so 8 bytes of room are needed
 * behind what `fixedPointBytesMax` says (four numbers of one block take 32 of its bytes and at most 16 of the packed ones).
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

/** Where four numbers of `width` bytes, 1 to 4, come from, so that each stands at the upper end of 32 bits; the rest becomes 0. */
function spreadOf(width: i32): v128 {
  if (width == 1) return i8x16(-1, -1, -1, 0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3);
  if (width == 2) return i8x16(-1, -1, 0, 1, -1, -1, 2, 3, -1, -1, 4, 5, -1, -1, 6, 7);
  if (width == 3) return i8x16(-1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11);
  return i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** Four numbers, with their signs, as 32-bit integers. */
function fourAt(packed: usize, spread: v128, unused: i32): v128 {
  return i32x4.shr_s(i8x16.swizzle(v128.load(packed), spread), unused);
}

function lowPair(four: v128): v128 {
  return f64x2.convert_low_i32x4_s(four);
}

function highPair(four: v128): v128 {
  return f64x2.convert_low_i32x4_s(i32x4.shuffle(four, four, 2, 3, 2, 3));
}

/** One number of `width` bytes, 1 to 7. */
function wholeAt(packed: usize, width: i32): f64 {
  const unused = <i64>(64 - 8 * width);
  return <f64>((load<i64>(packed) << unused) >> unused);
}

/** sum[i] += x[i] for packed x: float64. */
export function addWholes(sum: usize, widths: usize, packed: usize, size: i32): void {
  for (let first = 0; first < size; first += 64) {
    const width = <i32>load<u8>(widths + <usize>(first >> 6));
    const count = min(64, size - first);
    const end = sum + ((<usize>count) << 3);
    if (width == 0) {
      sum = end;
      continue;
    }
    if (width <= 4) {
      const spread = spreadOf(width);
      const unused = 32 - 8 * width;
      const fours = sum + ((<usize>(count & ~3)) << 3);
      for (; sum < fours; sum += 32) {
        const four = fourAt(packed, spread, unused);
        v128.store(sum, f64x2.add(v128.load(sum), lowPair(four)));
        v128.store(sum, f64x2.add(v128.load(sum, 16), highPair(four)), 16);
        packed += <usize>(4 * width);
      }
    }
    for (; sum < end; sum += 8) {
      const value = width == 8 ? load<f64>(packed) : wholeAt(packed, width);
      store<f64>(sum, load<f64>(sum) + value);
      packed += <usize>width;
    }
  }
}

/**
 * The sum of all x[i] squared; -1 where any is no whole number or larger than `limit`. Summed by i mod 4, and these four sums as
 * (0 + 1) + (2 + 3).
 */
export function squaresOfWholes(widths: usize, packed: usize, size: i32, limit: f64): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let most = i32x4.splat(0);
  let largest: f64 = 0;
  for (let first = 0; first < size; first += 64) {
    const width = <i32>load<u8>(widths + <usize>(first >> 6));
    const count = min(64, size - first);
    if (width == 0) continue;
    let i = 0;
    if (width <= 4) {
      const spread = spreadOf(width);
      const unused = 32 - 8 * width;
      for (; i < (count & ~3); i += 4) {
        const four = fourAt(packed, spread, unused);
        const a = lowPair(four);
        const b = highPair(four);
        low = f64x2.add(low, f64x2.mul(a, a));
        high = f64x2.add(high, f64x2.mul(b, b));
        most = i32x4.max_u(most, i32x4.abs(four));
        packed += <usize>(4 * width);
      }
    }
    for (; i < count; i += 1) {
      const value = width == 8 ? load<f64>(packed) : wholeAt(packed, width);
      if (width == 8 && floor<f64>(value) != value) return -1;
      largest = max<f64>(largest, abs<f64>(value));
      const square = f64x2.splat(value * value);
      const pair = (i & 1) == 0 ? f64x2.replace_lane(square, 1, 0) : f64x2.replace_lane(square, 0, 0);
      if ((i & 2) == 0) low = f64x2.add(low, pair);
      else high = f64x2.add(high, pair);
      packed += <usize>width;
    }
  }
  const pairs = i32x4.max_u(most, i32x4.shuffle(most, most, 2, 3, 0, 1));
  const small = max<u32>(<u32>i32x4.extract_lane(pairs, 0), <u32>i32x4.extract_lane(pairs, 1));
  if (!(largest <= limit && <f64>small <= limit)) return -1;
  return (
    f64x2.extract_lane(low, 0) +
    f64x2.extract_lane(low, 1) +
    (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1))
  );
}
