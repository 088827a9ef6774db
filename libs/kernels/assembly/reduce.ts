/*
 * Sums and codecs of flat vectors, with the bits of libs/tensors, whose files name the formats. No check of sizes or
 * limits: the caller has made them. Any alignment.
 */

/** sum[i] += x[i]: float32. */
export function addFloats(sum: usize, x: usize, size: i32): void {
  const whole = sum + ((<usize>(size & ~3)) << 2);
  const end = sum + ((<usize>size) << 2);
  for (; sum < whole; sum += 16) {
    v128.store(sum, f32x4.add(v128.load(sum), v128.load(x)));
    x += 16;
  }
  for (; sum < end; sum += 4) {
    store<f32>(sum, load<f32>(sum) + load<f32>(x));
    x += 4;
  }
}

/** sum[i] += partial[i]: float64. Exact for whole numbers while they stay within 2^53. */
export function addDoubles(sum: usize, partial: usize, size: i32): void {
  const blocks = sum + ((<usize>(size & ~7)) << 3);
  for (; sum < blocks; sum += 64) {
    v128.store(sum, f64x2.add(v128.load(sum), v128.load(partial)));
    v128.store(sum, f64x2.add(v128.load(sum, 16), v128.load(partial, 16)), 16);
    v128.store(sum, f64x2.add(v128.load(sum, 32), v128.load(partial, 32)), 32);
    v128.store(sum, f64x2.add(v128.load(sum, 48), v128.load(partial, 48)), 48);
    partial += 64;
  }
  const whole = sum + ((<usize>(size & 6)) << 3);
  for (; sum < whole; sum += 16) {
    v128.store(sum, f64x2.add(v128.load(sum), v128.load(partial)));
    partial += 16;
  }
  if ((size & 1) != 0) store<f64>(sum, load<f64>(sum) + load<f64>(partial));
}

/**
 * sum[i] += round(x[i] scale), float64 and float32: a term of a fixed-point sum. Adding and taking away 1.5 2^52 leaves no
 * room for a fraction and rounds ties to even.
 */
export function addFixedPoint(sum: usize, x: usize, size: i32, scale: f64): void {
  const magic: f64 = 6755399441055744;
  const factor = f64x2.splat(scale);
  const magics = f64x2.splat(magic);
  const blocks = sum + ((<usize>(size & ~7)) << 3);
  for (; sum < blocks; sum += 64) {
    v128.store(sum, f64x2.add(v128.load(sum), wholePair(x, factor, magics)));
    v128.store(sum, f64x2.add(v128.load(sum, 16), wholePair(x + 8, factor, magics)), 16);
    v128.store(sum, f64x2.add(v128.load(sum, 32), wholePair(x + 16, factor, magics)), 32);
    v128.store(sum, f64x2.add(v128.load(sum, 48), wholePair(x + 24, factor, magics)), 48);
    x += 32;
  }
  const whole = sum + ((<usize>(size & 6)) << 3);
  for (; sum < whole; sum += 16) {
    v128.store(sum, f64x2.add(v128.load(sum), wholePair(x, factor, magics)));
    x += 8;
  }
  if ((size & 1) == 0) return;
  const exact = <f64>load<f32>(x) * scale;
  store<f64>(sum, load<f64>(sum) + (exact + magic - magic));
}

/** round(x[i] factor) of two values. */
function wholePair(x: usize, factor: v128, magics: v128): v128 {
  const exact = f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(x)), factor);
  return f64x2.sub(f64x2.add(exact, magics), magics);
}

/** out[i] = sum[i] / divisor, rounded once to float32, and sum[i] = 0: the mean of a fixed-point sum, and the start of the next one. */
export function takeMean(sum: usize, size: i32, divisor: f64, out: usize): void {
  const divisors = f64x2.splat(divisor);
  const zeros = f64x2.splat(0);
  const whole = sum + ((<usize>(size & ~1)) << 3);
  for (; sum < whole; sum += 16) {
    v128.store64_lane(out, f32x4.demote_f64x2_zero(f64x2.div(v128.load(sum), divisors)), 0);
    v128.store(sum, zeros);
    out += 8;
  }
  if ((size & 1) == 0) return;
  store<f32>(out, <f32>(load<f64>(sum) / divisor));
  store<f64>(sum, 0);
}

/** The largest |x[i]|; NaN where any value is. */
export function largestSize(x: usize, size: i32): f32 {
  const whole = x + ((<usize>(size & ~3)) << 2);
  const end = x + ((<usize>size) << 2);
  let most = f32x4.splat(0);
  for (; x < whole; x += 16) most = f32x4.max(most, f32x4.abs(v128.load(x)));
  const low = max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
  let largest = max<f32>(low, max<f32>(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
  for (; x < end; x += 4) largest = max<f32>(largest, abs<f32>(load<f32>(x)));
  return largest;
}

/** out[i] = the upper half of x[i], rounded up where its lower half plus 2^16 uniforms[i] carries; never to an infinity. */
export function encodeBf16(x: usize, uniforms: usize, size: i32, out: usize): void {
  for (let i = 0; i < size; i += 1) {
    const at = (<usize>i) << 2;
    const exact = load<u32>(x + at);
    const rounded = (exact + <u32>(load<f32>(uniforms + at) * 65536)) >> 16;
    const half = (rounded & 0x7f80) == 0x7f80 ? exact >> 16 : rounded;
    store<u16>(out + ((<usize>i) << 1), <u16>half);
  }
}

/** out[i] = the float32 whose upper half is bytes[i]. */
export function decodeBf16(bytes: usize, size: i32, out: usize): void {
  for (let i = 0; i < size; i += 1) {
    store<u32>(out + ((<usize>i) << 2), (<u32>load<u16>(bytes + ((<usize>i) << 1))) << 16);
  }
}

/**
 * levels[i] = floor(x[i] / scale + uniforms[i]), held within +-levelMax, as int8; scale = the largest size in a block of 64
 * values, divided by levelMax, written to scales.
 */
export function encodeBlocks(x: usize, uniforms: usize, size: i32, levelMax: i32, scales: usize, levels: usize): void {
  for (let first = 0; first < size; first += 64) {
    const end = min(first + 64, size);
    let largest: f32 = 0;
    for (let i = first; i < end; i += 1) largest = max<f32>(largest, abs<f32>(load<f32>(x + ((<usize>i) << 2))));
    const scale = <f32>(<f64>largest / <f64>levelMax);
    store<f32>(scales + ((<usize>(first >> 6)) << 2), scale);
    for (let i = first; i < end; i += 1) {
      const at = (<usize>i) << 2;
      const exact: f64 = scale > 0 ? <f64>load<f32>(x + at) / <f64>scale : 0;
      const level = floor<f64>(exact + <f64>load<f32>(uniforms + at));
      store<i8>(levels + <usize>i, <i8>max<f64>(<f64>-levelMax, min<f64>(<f64>levelMax, level)));
    }
  }
}

/** out[i] = levels[i] scale of its block. */
export function decodeBlocks(levels: usize, scales: usize, size: i32, out: usize): void {
  for (let i = 0; i < size; i += 1) {
    const scale = load<f32>(scales + ((<usize>(i >> 6)) << 2));
    store<f32>(out + ((<usize>i) << 2), <f32>load<i8>(levels + <usize>i) * scale);
  }
}

/** Two levels of +-7 to a byte, kept as level + 8, the first in the low half; a missing last one is 0 there. */
export function packHalves(levels: usize, size: i32, bytes: usize): void {
  for (let i = 0; i < size; i += 2) {
    const low = <i32>load<i8>(levels + <usize>i) + 8;
    const high = i + 1 < size ? <i32>load<i8>(levels + <usize>i + 1) + 8 : 0;
    store<u8>(bytes + ((<usize>i) >> 1), <u8>(low | (high << 4)));
  }
}

/** The levels that `packHalves` packed. */
export function unpackHalves(bytes: usize, size: i32, levels: usize): void {
  for (let i = 0; i < size; i += 1) {
    const both = <i32>load<u8>(bytes + ((<usize>i) >> 1));
    store<i8>(levels + <usize>i, <i8>(((both >> (4 * (i & 1))) & 15) - 8));
  }
}
