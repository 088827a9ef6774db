/*
 * The counter-based random values of libs/tensors, bit for bit: Philox4x32-10 (Salmon et al., SC11, 2011), four blocks at a time, and
 * normals by Box-Muller in double with the tables that libs/tensors computes. Positions are whole numbers up to 2^53.
 */

/** Values made at a time: their words stay in the first-level cache. */
const chunkBlocks: i32 = 128;

/** Bytes of the scratch space of the kernels below, 16-byte aligned. */
export function randomScratchBytes(): i32 {
  return chunkBlocks * 16;
}

/** Uniforms in [0, 1) at positions `position` to `position + size - 1` of (key0, key1). */
export function uniforms(out: usize, size: i32, position: f64, key0: i32, key1: i32, scratch: usize): void {
  while (size > 0) {
    const first = <i64>position;
    const lane = <i32>(first & 3);
    const taken = min(size, 4 * chunkBlocks - lane);
    philox(scratch, (lane + taken + 3) >> 2, first >> 2, 0, key0, key1);
    for (let i = 0; i < taken; i += 1) {
      const word = load<u32>(scratch + ((<usize>(lane + i)) << 2));
      store<f32>(out + ((<usize>i) << 2), <f32>(word >> 8) * <f32>(1.0 / 16777216.0));
    }
    out += (<usize>taken) << 2;
    size -= taken;
    position += <f64>taken;
  }
}

/**
 * noisy = clip(clean + factor N(0, 1), 0, 1), the normals those at positions `position` and following of (key0, key1). `tables`:
 * float64 log and inverse of the 65 mantissa centres, 33 scales, cosine and sine of 256 sectors.
 */
export function addNoise(
  clean: usize,
  noisy: usize,
  size: i32,
  factor: f64,
  position: f64,
  key0: i32,
  key1: i32,
  tables: usize,
  scratch: usize,
): void {
  while (size > 0) {
    const first = <i64>position;
    const lane = <i32>(first & 3);
    const taken = min(size, 4 * chunkBlocks - lane);
    const blocks = (lane + taken + 3) >> 2;
    philox(scratch, blocks, first >> 2, 1, key0, key1);
    for (let block = 0; block < blocks; block += 1) normals4(scratch + ((<usize>block) << 4), tables);
    clipSum(clean, scratch + ((<usize>lane) << 2), noisy, taken, factor);
    clean += (<usize>taken) << 2;
    noisy += (<usize>taken) << 2;
    size -= taken;
    position += <f64>taken;
  }
}

/** out = clip(clean + factor normal, 0, 1), the sum in double. */
function clipSum(clean: usize, normals: usize, out: usize, size: i32, factor: f64): void {
  const scale = f64x2.splat(factor);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const pairs = clean + ((<usize>(size & ~1)) << 2);
  while (clean < pairs) {
    const product = f64x2.mul(scale, f64x2.promote_low_f32x4(v128.load64_zero(normals)));
    const sum = f64x2.add(f64x2.promote_low_f32x4(v128.load64_zero(clean)), product);
    v128.store64_lane(out, f32x4.min(f32x4.max(f32x4.demote_f64x2_zero(sum), zero), one), 0);
    clean += 8;
    normals += 8;
    out += 8;
  }
  if ((size & 1) == 0) return;
  const sum = <f32>(<f64>load<f32>(clean) + factor * <f64>load<f32>(normals));
  store<f32>(out, min<f32>(max<f32>(sum, 0), 1));
}

/** Words of `blocks` blocks from number `first` on; up to three blocks more are written, to a multiple of four. */
function philox(out: usize, blocks: i32, first: i64, domain: i32, key0: i32, key1: i32): void {
  for (let block = 0; block < blocks; block += 4) {
    const index = first + <i64>block;
    let a = i32x4.add(i32x4.splat(<i32>index), i32x4(0, 1, 2, 3));
    let b = i32x4(<i32>(index >> 32), <i32>((index + 1) >> 32), <i32>((index + 2) >> 32), <i32>((index + 3) >> 32));
    let c = i32x4.splat(domain);
    let d = i32x4.splat(0);
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < 10; round += 1) {
      const m0 = i32x4.splat(0xd2511f53);
      const m1 = i32x4.splat(0xcd9e8d57);
      const low0 = i64x2.extmul_low_i32x4_u(m0, a);
      const high0 = i64x2.extmul_high_i32x4_u(m0, a);
      const low1 = i64x2.extmul_low_i32x4_u(m1, c);
      const high1 = i64x2.extmul_high_i32x4_u(m1, c);
      a = v128.xor(v128.xor(v128.shuffle<i32>(low1, high1, 1, 3, 5, 7), b), i32x4.splat(k0));
      b = v128.shuffle<i32>(low1, high1, 0, 2, 4, 6);
      c = v128.xor(v128.xor(v128.shuffle<i32>(low0, high0, 1, 3, 5, 7), d), i32x4.splat(k1));
      d = v128.shuffle<i32>(low0, high0, 0, 2, 4, 6);
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    // Lanes are blocks: turned round, so that a block's four words lie together.
    const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<i64>(ab, cd, 0, 2));
    v128.store(out, v128.shuffle<i64>(ab, cd, 1, 3), 16);
    v128.store(out, v128.shuffle<i64>(abHigh, cdHigh, 0, 2), 32);
    v128.store(out, v128.shuffle<i64>(abHigh, cdHigh, 1, 3), 48);
    out += 64;
  }
}

/**
 * Four words (w0, v0, w1, v1) become four normals in their place: r = sqrt(-2 log((w + 1/2) / 2^32)), angle 2 pi v / 2^32,
 * values r cos, r sin. The operations and their order are those of normalsFromWords in libs/tensors, two pairs at a time.
 */
function normals4(at: usize, tables: usize): void {
  const words = v128.load(at);
  const inverses = tables + 65 * 8;
  const scales = inverses + 65 * 8;
  const cosines = scales + 33 * 8;
  const sines = cosines + 256 * 8;
  const n0 = clz(i32x4.extract_lane(words, 0));
  const n1 = clz(i32x4.extract_lane(words, 2));
  const w = f64x2.convert_low_i32x4_u(v128.shuffle<i32>(words, words, 0, 2, 0, 2));
  const m = f64x2.mul(f64x2.add(w, f64x2.splat(0.5)), gather(scales, n0, n1));
  const one = f64x2.splat(1);
  const bins = i32x4.trunc_sat_f64x2_s_zero(f64x2.add(f64x2.mul(f64x2.sub(m, one), f64x2.splat(64)), f64x2.splat(0.5)));
  const bin0 = i32x4.extract_lane(bins, 0);
  const bin1 = i32x4.extract_lane(bins, 1);
  const centre = f64x2.add(one, f64x2.mul(f64x2.convert_low_i32x4_s(bins), f64x2.splat(1.0 / 64.0)));
  const r = f64x2.mul(f64x2.sub(m, centre), gather(inverses, bin0, bin1));
  let log = f64x2.add(f64x2.splat(-0.25), f64x2.mul(r, f64x2.splat(0.2)));
  log = f64x2.add(f64x2.splat(1.0 / 3.0), f64x2.mul(r, log));
  log = f64x2.add(f64x2.splat(-0.5), f64x2.mul(r, log));
  log = f64x2.mul(r, f64x2.add(one, f64x2.mul(r, log)));
  const zeros = f64x2.mul(f64x2(<f64>(n0 + 1), <f64>(n1 + 1)), f64x2.splat(0.6931471805599453));
  const minusLog = f64x2.sub(f64x2.sub(zeros, gather(tables, bin0, bin1)), log);
  const radius = f64x2.sqrt(f64x2.mul(f64x2.splat(2), minusLog));

  const v = v128.shuffle<i32>(words, words, 1, 3, 1, 3);
  const sectors = i32x4.shr_s(i32x4.add(v, i32x4.splat(0x800000)), 24);
  const sector0 = i32x4.extract_lane(sectors, 0) & 0xff;
  const sector1 = i32x4.extract_lane(sectors, 1) & 0xff;
  const rest = f64x2.convert_low_i32x4_s(i32x4.shr_s(i32x4.shl(v, 8), 8));
  const d = f64x2.mul(rest, f64x2.splat(6.283185307179586 / 4294967296.0));
  const d2 = f64x2.mul(d, d);
  const sinSeries = f64x2.sub(f64x2.splat(1.0 / 6.0), f64x2.mul(d2, f64x2.splat(1.0 / 120.0)));
  const sinRest = f64x2.mul(d, f64x2.sub(one, f64x2.mul(d2, sinSeries)));
  const cosSeries = f64x2.sub(f64x2.splat(0.5), f64x2.mul(d2, f64x2.splat(1.0 / 24.0)));
  const cosRest = f64x2.sub(one, f64x2.mul(d2, cosSeries));
  const cosSector = gather(cosines, sector0, sector1);
  const sinSector = gather(sines, sector0, sector1);
  const x = f64x2.sub(f64x2.mul(cosSector, cosRest), f64x2.mul(sinSector, sinRest));
  const y = f64x2.add(f64x2.mul(sinSector, cosRest), f64x2.mul(cosSector, sinRest));
  const xs = f32x4.demote_f64x2_zero(f64x2.mul(radius, x));
  const ys = f32x4.demote_f64x2_zero(f64x2.mul(radius, y));
  v128.store(at, v128.shuffle<i32>(xs, ys, 0, 4, 1, 5));
}

/** Entries i and j of a table of float64. */
function gather(table: usize, i: i32, j: i32): v128 {
  return v128.load64_lane(table + ((<usize>j) << 3), v128.load64_zero(table + ((<usize>i) << 3)), 1);
}
