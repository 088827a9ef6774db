/*
 * Steps of a matrix product that add nothing. Four rows of A are often 0 together in a column: pictures have an empty
 * background, rectifiers are silent. Such a step adds 0 b = +-0 to sums that are never -0, which changes no bit as long as b
 * is finite: it is left out. What is left of a packed group of four rows becomes records of 20 bytes: how many bytes into
 * the panel of B the step's row lies, then the four values.
 */

const recordBytes: usize = 20;
/** Records read one address more than a plain step: they must save more than that costs. */
const shareMax: f64 = 0.85;

/** Bytes that the records of `depth` steps take at most; the last of them is written whole before it is known to count. */
export function recordsBytes(depth: i32): usize {
  return <usize>(depth + 1) * recordBytes;
}

/** Writes the records of a packed group [depth][4] where few enough of its steps count, and returns how many; else -1. */
export function pickSteps(packed: usize, depth: i32, records: usize): i32 {
  const end = packed + ((<usize>depth) << 4);
  let count = 0;
  for (let at = packed; at < end; at += 16) count += i32(v128.any_true(v128.load(at)));
  if (<f64>count > shareMax * <f64>depth) return -1;
  let row = 0;
  for (let at = packed; at < end; at += 16) {
    const values = v128.load(at);
    store<u32>(records, row);
    v128.store(records, values, 4);
    // Written over by the next step where it does not count: cheaper than a branch that nobody can foresee.
    records += v128.any_true(values) ? recordBytes : 0;
    row += 32;
  }
  return count;
}

/** Whether no value of a panel [depth][8] is NaN or an infinity. */
export function isFinitePanel(panel: usize, depth: i32): bool {
  const end = panel + ((<usize>depth) << 5);
  const size = i32x4.splat(0x7fffffff);
  let most = i32x4.splat(0);
  for (; panel < end; panel += 32) {
    most = i32x4.max_s(most, v128.and(v128.load(panel), size));
    most = i32x4.max_s(most, v128.and(v128.load(panel, 16), size));
  }
  return !v128.any_true(i32x4.ge_s(most, i32x4.splat(0x7f800000)));
}

/** The inner loop over `count` records: c[4][8] (+)= sum over the steps that count of a[4] x b[8]. */
export function sparseTile(count: i32, a: usize, b: usize, c: usize, rowBytes: usize, add: bool): void {
  const c1 = c + rowBytes;
  const c2 = c1 + rowBytes;
  const c3 = c2 + rowBytes;
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  if (add) {
    s00 = v128.load(c);
    s01 = v128.load(c, 16);
    s10 = v128.load(c1);
    s11 = v128.load(c1, 16);
    s20 = v128.load(c2);
    s21 = v128.load(c2, 16);
    s30 = v128.load(c3);
    s31 = v128.load(c3, 16);
  }
  const end = a + <usize>count * recordBytes;
  while (a < end) {
    const row = b + <usize>load<u32>(a);
    const b0 = v128.load(row);
    const b1 = v128.load(row, 16);
    let x = v128.load_splat<f32>(a, 4);
    s00 = f32x4.add(s00, f32x4.mul(x, b0));
    s01 = f32x4.add(s01, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 8);
    s10 = f32x4.add(s10, f32x4.mul(x, b0));
    s11 = f32x4.add(s11, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 12);
    s20 = f32x4.add(s20, f32x4.mul(x, b0));
    s21 = f32x4.add(s21, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 16);
    s30 = f32x4.add(s30, f32x4.mul(x, b0));
    s31 = f32x4.add(s31, f32x4.mul(x, b1));
    a += recordBytes;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}
