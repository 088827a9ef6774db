/**
 * The most that one core multiplies and adds from registers: `steps` rounds of s = s x + y on 12 vectors of four values, 96
 * operations a round, with x and y the eight values at `xy`. Returns a value that depends on all of them. What `gemm` is
 * measured against. (A round needs the one before, so that no engine can take anything out of the loop; fewer vectors would
 * wait for each other.)
 */
export function multiplyAddLoop(steps: i32, xy: usize): f32 {
  // Loaded, not made from other values: an engine may move what it can make into the loop.
  const x = v128.load(xy);
  const y = v128.load(xy, 16);
  let s0 = f32x4.splat(1);
  let s1 = f32x4.splat(2);
  let s2 = f32x4.splat(3);
  let s3 = f32x4.splat(4);
  let s4 = f32x4.splat(5);
  let s5 = f32x4.splat(6);
  let s6 = f32x4.splat(7);
  let s7 = f32x4.splat(8);
  let s8 = f32x4.splat(9);
  let s9 = f32x4.splat(10);
  let s10 = f32x4.splat(11);
  let s11 = f32x4.splat(12);
  for (let i = 0; i < steps; i += 1) {
    s0 = f32x4.add(f32x4.mul(s0, x), y);
    s1 = f32x4.add(f32x4.mul(s1, x), y);
    s2 = f32x4.add(f32x4.mul(s2, x), y);
    s3 = f32x4.add(f32x4.mul(s3, x), y);
    s4 = f32x4.add(f32x4.mul(s4, x), y);
    s5 = f32x4.add(f32x4.mul(s5, x), y);
    s6 = f32x4.add(f32x4.mul(s6, x), y);
    s7 = f32x4.add(f32x4.mul(s7, x), y);
    s8 = f32x4.add(f32x4.mul(s8, x), y);
    s9 = f32x4.add(f32x4.mul(s9, x), y);
    s10 = f32x4.add(f32x4.mul(s10, x), y);
    s11 = f32x4.add(f32x4.mul(s11, x), y);
  }
  let sum = f32x4.add(s0, s1);
  sum = f32x4.add(sum, s2);
  sum = f32x4.add(sum, s3);
  sum = f32x4.add(sum, s4);
  sum = f32x4.add(sum, s5);
  sum = f32x4.add(sum, s6);
  sum = f32x4.add(sum, s7);
  sum = f32x4.add(sum, s8);
  sum = f32x4.add(sum, s9);
  sum = f32x4.add(sum, s10);
  sum = f32x4.add(sum, s11);
  return f32x4.extract_lane(sum, 0);
}
