/*
 * Exponential and logistic function of four floats, with + - * / and bit operations alone: the same bits everywhere.
 */

/**
 * e^x = 2^n e^r, n the integer nearest to x / ln 2, |r| <= ln(2) / 2, e^r by its Taylor series of degree 7; relative error
 * below 2e-7. x is held between -87 and 88, where the result is a normal float; NaN stays NaN.
 */
export function exp4(x: v128): v128 {
  // The pseudo-minimum, which keeps a NaN that comes first, is one instruction; the minimum is seven.
  const held = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87)), f32x4.splat(88));
  // 1.5 2^23 leaves a float no room for a fraction: n as a whole number then stands in the lowest bits.
  const shifted = f32x4.add(f32x4.mul(held, f32x4.splat(1.44269504)), f32x4.splat(12582912));
  const n = f32x4.sub(shifted, f32x4.splat(12582912));
  // ln 2 in two parts, the first with few bits, so that n times it is exact.
  const upper = f32x4.sub(held, f32x4.mul(n, f32x4.splat(0.693359375)));
  const r = f32x4.add(upper, f32x4.mul(n, f32x4.splat(2.1219444e-4)));
  let series = f32x4.splat(1.984127e-4);
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1.3888889e-3));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(8.3333333e-3));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(4.1666667e-2));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(0.16666667));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(0.5));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1));
  const exponent = i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23);
  return f32x4.mul(series, exponent);
}

/** 1 / (1 + e^-x). */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

/** log(1 + e) for e in [0, 1]: 2 atanh(t) with t = e / (2 + e) <= 1/3, its series to t^15. */
export function log1p4(e: v128): v128 {
  const t = f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
  const t2 = f32x4.mul(t, t);
  let series = f32x4.splat(0.13333334);
  series = f32x4.add(f32x4.mul(series, t2), f32x4.splat(0.15384616));
  series = f32x4.add(f32x4.mul(series, t2), f32x4.splat(0.18181819));
  series = f32x4.add(f32x4.mul(series, t2), f32x4.splat(0.22222222));
  series = f32x4.add(f32x4.mul(series, t2), f32x4.splat(0.2857143));
  series = f32x4.add(f32x4.mul(series, t2), f32x4.splat(0.4));
  series = f32x4.add(f32x4.mul(series, t2), f32x4.splat(0.6666667));
  series = f32x4.add(f32x4.mul(series, t2), f32x4.splat(2));
  return f32x4.mul(series, t);
}
