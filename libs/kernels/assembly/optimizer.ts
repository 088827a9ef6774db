/*
 * One step of an optimizer in place on `size` parameters, as libs/tensors takes it: float32 vectors, any alignment; every
 * value is computed in double, in the order written here, and rounded once on storing, so the bits are those of the plain
 * version.
 */

/**
 * Adam (Kingma & Ba 2015, algorithm 1) and AdamW (Loshchilov & Hutter 2019, algorithm 2), the bias corrections folded into
 * `rate` and `epsilon` by the caller:
 *   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g g,  p = keep p - rate m / (sqrt(v) + epsilon).
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
  keep: f64,
): void {
  const b1 = f64x2.splat(beta1);
  const b2 = f64x2.splat(beta2);
  const rest1 = f64x2.splat(1 - beta1);
  const rest2 = f64x2.splat(1 - beta2);
  const lr = f64x2.splat(rate);
  const eps = f64x2.splat(epsilon);
  const kept = f64x2.splat(keep);
  const end = p + ((<usize>(size & ~1)) << 2);
  while (p < end) {
    const gi = pair(g);
    const mi = f64x2.add(f64x2.mul(b1, pair(m)), f64x2.mul(rest1, gi));
    const vi = f64x2.add(f64x2.mul(b2, pair(v)), f64x2.mul(f64x2.mul(rest2, gi), gi));
    const step = f64x2.div(f64x2.mul(lr, mi), f64x2.add(f64x2.sqrt(vi), eps));
    const pi = f64x2.sub(f64x2.mul(kept, pair(p)), step);
    storePair(m, mi);
    storePair(v, vi);
    storePair(p, pi);
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
  store<f32>(p, <f32>(keep * <f64>load<f32>(p) - (rate * mi) / (sqrt(vi) + epsilon)));
}

/** u = mu u + g,  p = p - rate u  (Polyak 1964), or where `nesterov` is 1, p = p - rate (g + mu u). */
export function momentum(p: usize, g: usize, u: usize, size: i32, rate: f64, mu: f64, nesterov: i32): void {
  const lr = f64x2.splat(rate);
  const factor = f64x2.splat(mu);
  const end = p + ((<usize>(size & ~1)) << 2);
  while (p < end) {
    const gi = pair(g);
    const ui = f64x2.add(f64x2.mul(factor, pair(u)), gi);
    const step = nesterov != 0 ? f64x2.add(gi, f64x2.mul(factor, ui)) : ui;
    const pi = f64x2.sub(pair(p), f64x2.mul(lr, step));
    storePair(u, ui);
    storePair(p, pi);
    p += 8;
    g += 8;
    u += 8;
  }
  if ((size & 1) == 0) return;
  const gi = <f64>load<f32>(g);
  const ui = mu * <f64>load<f32>(u) + gi;
  store<f32>(u, <f32>ui);
  store<f32>(p, <f32>(<f64>load<f32>(p) - rate * (nesterov != 0 ? gi + mu * ui : ui)));
}

/** p = p - rate g. */
export function sgd(p: usize, g: usize, size: i32, rate: f64): void {
  const lr = f64x2.splat(rate);
  const end = p + ((<usize>(size & ~1)) << 2);
  for (; p < end; p += 8) {
    storePair(p, f64x2.sub(pair(p), f64x2.mul(lr, pair(g))));
    g += 8;
  }
  if ((size & 1) != 0) store<f32>(p, <f32>(<f64>load<f32>(p) - rate * <f64>load<f32>(g)));
}

function pair(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

function storePair(at: usize, values: v128): void {
  v128.store64_lane(at, f32x4.demote_f64x2_zero(values), 0);
}
