/*
 * Bias, activation and their gradients on row-major float32 matrices without gaps, in place, any alignment. Activations by
 * number: 0 linear, 1 relu, 2 elu, 3 tanh, 4 gelu (tanh form), 5 sigmoid.
 */
import { exp4, sigmoid4 } from './exponential';

/** y = a(z + bias), z and y [rows, n]; the sum is kept in z, which may be y unless its gradient needs both (gelu). */
export function biasActivate(kind: i32, z: usize, y: usize, bias: usize, rows: i32, n: i32): void {
  const bytes = (<usize>n) << 2;
  for (let row = 0; row < rows; row += 1) {
    // The two cheap ones have loops of their own: a choice in every step would cost as much as they do.
    if (kind == 1 && y == z) biasRelu(z, bias, bytes);
    else if (kind == 0 && y == z) biasOnly(z, bias, bytes);
    else biasAny(kind, z, y, bias, bytes);
    z += bytes;
    y += bytes;
  }
}

function biasOnly(z: usize, bias: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(z + at, f32x4.add(v128.load(z + at), v128.load(bias + at)));
  for (; at < bytes; at += 4) store<f32>(z + at, load<f32>(z + at) + load<f32>(bias + at));
}

function biasRelu(z: usize, bias: usize, bytes: usize): void {
  const zero = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    v128.store(z + at, f32x4.max(f32x4.add(v128.load(z + at), v128.load(bias + at)), zero));
  }
  for (; at < bytes; at += 4) store<f32>(z + at, max<f32>(load<f32>(z + at) + load<f32>(bias + at), 0));
}

function biasAny(kind: i32, z: usize, y: usize, bias: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const sum = f32x4.add(v128.load(z + at), v128.load(bias + at));
    v128.store(z + at, sum);
    v128.store(y + at, activated(kind, sum));
  }
  for (; at < bytes; at += 4) {
    const sum = load<f32>(z + at) + load<f32>(bias + at);
    store<f32>(z + at, sum);
    store<f32>(y + at, f32x4.extract_lane(activated(kind, f32x4.splat(sum)), 0));
  }
}

/** dz = dy a'(z), in place of dy; `z` is read for gelu only, `y` for all others. */
export function activationGradient(kind: i32, dy: usize, z: usize, y: usize, size: i32): void {
  if (kind == 0) return;
  const whole = dy + ((<usize>(size & ~3)) << 2);
  const end = dy + ((<usize>size) << 2);
  if (kind == 1) {
    const zero = f32x4.splat(0);
    for (; dy < whole; dy += 16) {
      v128.store(dy, v128.and(v128.load(dy), f32x4.gt(v128.load(y), zero)));
      y += 16;
    }
    // Only the tail is left, which reads z nowhere.
    z = y;
  }
  for (; dy < whole; dy += 16) {
    v128.store(dy, f32x4.mul(v128.load(dy), slope(kind, v128.load(z), v128.load(y))));
    z += 16;
    y += 16;
  }
  for (; dy < end; dy += 4) {
    const factor = slope(kind, v128.load_splat<f32>(z), v128.load_splat<f32>(y));
    store<f32>(dy, load<f32>(dy) * f32x4.extract_lane(factor, 0));
    z += 4;
    y += 4;
  }
}

/** y = 1 / (1 + e^-z) of `size` values. */
export function sigmoid(z: usize, y: usize, size: i32): void {
  const whole = z + ((<usize>(size & ~3)) << 2);
  const end = z + ((<usize>size) << 2);
  for (; z < whole; z += 16) {
    v128.store(y, sigmoid4(v128.load(z)));
    y += 16;
  }
  for (; z < end; z += 4) {
    v128.store32_lane(y, sigmoid4(v128.load_splat<f32>(z)), 0);
    y += 4;
  }
}

/** sums[j] = sum over rows of x[rows, n]: the gradient of a bias. Summed in double, in order of the rows. */
export function columnSums(x: usize, rows: i32, n: i32, sums: usize): void {
  const rowBytes = (<usize>n) << 2;
  let column = 0;
  for (; column + 4 <= n; column += 4) {
    let low = f64x2.splat(0);
    let high = low;
    let at = x + ((<usize>column) << 2);
    for (let row = 0; row < rows; row += 1) {
      const values = v128.load(at);
      low = f64x2.add(low, f64x2.promote_low_f32x4(values));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(values, values, 1, 1)));
      at += rowBytes;
    }
    const both = v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
    v128.store(sums + ((<usize>column) << 2), both);
  }
  for (; column < n; column += 1) {
    let sum: f64 = 0;
    let at = x + ((<usize>column) << 2);
    for (let row = 0; row < rows; row += 1) {
      sum += <f64>load<f32>(at);
      at += rowBytes;
    }
    store<f32>(sums + ((<usize>column) << 2), <f32>sum);
  }
}

function activated(kind: i32, x: v128): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  switch (kind) {
    case 1:
      return f32x4.max(x, zero);
    case 2:
      // e^x - 1 below zero; NaN takes this branch too.
      return v128.bitselect(x, f32x4.sub(exp4(x), one), f32x4.gt(x, zero));
    case 3:
      // tanh x = 2 sigmoid(2x) - 1.
      return f32x4.sub(f32x4.mul(f32x4.splat(2), sigmoid4(f32x4.add(x, x))), one);
    case 4:
      return f32x4.mul(x, geluGate(x));
    case 5:
      return sigmoid4(x);
    default:
      return x;
  }
}

function slope(kind: i32, z: v128, y: v128): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  switch (kind) {
    case 1:
      return v128.and(one, f32x4.gt(y, zero));
    case 2:
      return f32x4.add(f32x4.min(y, zero), one);
    case 3:
      return f32x4.sub(one, f32x4.mul(y, y));
    case 4:
      return geluSlope(z);
    case 5:
      return f32x4.mul(y, f32x4.sub(one, y));
    default:
      return one;
  }
}

/**
 * Hendrycks & Gimpel (2016), tanh form: x s, s = sigmoid(u), u = 2 sqrt(2/pi) (x + 0.044715 x^3). Derivative
 * s (1 + x (1 - s) u').
 */
function geluGate(x: v128): v128 {
  const cubic = f32x4.mul(f32x4.mul(x, x), f32x4.splat(0.07135481));
  const u = f32x4.mul(x, f32x4.add(cubic, f32x4.splat(1.5957691)));
  // Below -24 the gate is under 4e-11 and 0 here: later products would else be denormal numbers, a hundred times slower.
  return v128.andnot(sigmoid4(u), f32x4.lt(u, f32x4.splat(-24)));
}

function geluSlope(x: v128): v128 {
  const one = f32x4.splat(1);
  const s = geluGate(x);
  const du = f32x4.add(f32x4.mul(f32x4.mul(x, x), f32x4.splat(0.21406443)), f32x4.splat(1.5957691));
  const inner = f32x4.mul(f32x4.mul(x, f32x4.sub(one, s)), du);
  return f32x4.mul(s, f32x4.add(one, inner));
}
