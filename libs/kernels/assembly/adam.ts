/**
 * One step of Adam in place on `size` parameters (Kingma & Ba 2015, algorithm 1, with both bias corrections folded into
 * `rate` and `epsilon` by the caller):
 *   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g g,  p = p - rate m / (sqrt(v) + epsilon).
 * Float32 vectors, any alignment; every value is computed in double, in this order, and rounded once on storing: the
 * bits of the plain TypeScript version.
 */
export function adam(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  size: i32,
  rate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
): void {
  const b1 = f64x2.splat(beta1);
  const b2 = f64x2.splat(beta2);
  const rest1 = f64x2.splat(1 - beta1);
  const rest2 = f64x2.splat(1 - beta2);
  const lr = f64x2.splat(rate);
  const eps = f64x2.splat(epsilon);
  const end = p + ((<usize>(size & ~1)) << 2);
  while (p < end) {
    const gi = f64x2.promote_low_f32x4(v128.load64_zero(g));
    const mi = f64x2.add(f64x2.mul(b1, f64x2.promote_low_f32x4(v128.load64_zero(m))), f64x2.mul(rest1, gi));
    const vi = f64x2.add(
      f64x2.mul(b2, f64x2.promote_low_f32x4(v128.load64_zero(v))),
      f64x2.mul(f64x2.mul(rest2, gi), gi),
    );
    const step = f64x2.div(f64x2.mul(lr, mi), f64x2.add(f64x2.sqrt(vi), eps));
    const pi = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(p)), step);
    v128.store64_lane(m, f32x4.demote_f64x2_zero(mi), 0);
    v128.store64_lane(v, f32x4.demote_f64x2_zero(vi), 0);
    v128.store64_lane(p, f32x4.demote_f64x2_zero(pi), 0);
    p += 8;
    g += 8;
    m += 8;
    v += 8;
  }
  if ((size & 1) == 0) return;
  const gi = <f64>load<f32>(g);
  const mi = beta1 * <f64>load<f32>(m) + (1 - beta1) * gi;
  const vi = beta2 * <f64>load<f32>(v) + (1 - beta2) * gi * gi;
  store<f32>(m, <f32>mi);
  store<f32>(v, <f32>vi);
  store<f32>(p, <f32>(<f64>load<f32>(p) - (rate * mi) / (sqrt(vi) + epsilon)));
}
