/**
 * The most that one core multiplies and adds from registers: `steps` rounds of the inner loop of a 4 x 8 matrix product
 * without its loads, 64 operations a round. Returns a value that depends on all of them. What `gemm` is measured against.
 */
export function multiplyAddLoop(steps: i32, x: f32, y: f32): f32 {
  const a0 = f32x4.splat(x);
  const a1 = f32x4.neg(a0);
  const a2 = f32x4.add(a0, a0);
  const a3 = f32x4.neg(a2);
  // New factors in every round, by adding to their bits: otherwise an engine may take the products out of the loop.
  const grain = i32x4.splat(1);
  let b0 = f32x4.splat(y);
  let b1 = f32x4.neg(b0);
  let s00 = a0;
  let s01 = a0;
  let s10 = a0;
  let s11 = a0;
  let s20 = a0;
  let s21 = a0;
  let s30 = a0;
  let s31 = a0;
  for (let i = 0; i < steps; i += 1) {
    s00 = f32x4.add(s00, f32x4.mul(a0, b0));
    s01 = f32x4.add(s01, f32x4.mul(a0, b1));
    s10 = f32x4.add(s10, f32x4.mul(a1, b0));
    s11 = f32x4.add(s11, f32x4.mul(a1, b1));
    s20 = f32x4.add(s20, f32x4.mul(a2, b0));
    s21 = f32x4.add(s21, f32x4.mul(a2, b1));
    s30 = f32x4.add(s30, f32x4.mul(a3, b0));
    s31 = f32x4.add(s31, f32x4.mul(a3, b1));
    b0 = i32x4.add(b0, grain);
    b1 = i32x4.add(b1, grain);
  }
  const even = f32x4.add(f32x4.add(s00, s10), f32x4.add(s20, s30));
  const odd = f32x4.add(f32x4.add(s01, s11), f32x4.add(s21, s31));
  return f32x4.extract_lane(f32x4.add(even, odd), 0);
}
