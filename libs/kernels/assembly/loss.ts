/*
 * Losses of logits z against targets y, with the gradient at the logits. `size` float32 values each, any alignment; the sum
 * is taken in double, in a fixed order.
 */
import { exp4, log1p4, sigmoid4 } from './exponential';

/** Sum of (s - y)^2, s = sigmoid(z); dz = 2 (s - y) s (1 - s) scale. */
export function squaredError(z: usize, y: usize, dz: usize, size: i32, scale: f32): f64 {
  const one = f32x4.splat(1);
  const twice = f32x4.splat(2 * scale);
  const end = z + ((<usize>size) << 2);
  let sum = f64x2.splat(0);
  while (z < end) {
    const few = end - z < 16;
    const logits = few ? v128.load_splat<f32>(z) : v128.load(z);
    const s = sigmoid4(logits);
    const difference = f32x4.sub(s, few ? v128.load_splat<f32>(y) : v128.load(y));
    const gradient = f32x4.mul(f32x4.mul(difference, f32x4.mul(s, f32x4.sub(one, s))), twice);
    const square = f32x4.mul(difference, difference);
    sum = f64x2.add(sum, few ? firstLane(square) : pairSums(square));
    if (few) v128.store32_lane(dz, gradient, 0);
    else v128.store(dz, gradient);
    const step: usize = few ? 4 : 16;
    z += step;
    y += step;
    dz += step;
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Sum of -y log s - (1 - y) log(1 - s) = max(z, 0) - z y + log(1 + e^-|z|), s = sigmoid(z); dz = (s - y) scale. */
export function crossEntropy(z: usize, y: usize, dz: usize, size: i32, scale: f32): f64 {
  const zero = f32x4.splat(0);
  const factor = f32x4.splat(scale);
  const end = z + ((<usize>size) << 2);
  let sum = f64x2.splat(0);
  while (z < end) {
    const few = end - z < 16;
    const logits = few ? v128.load_splat<f32>(z) : v128.load(z);
    const target = few ? v128.load_splat<f32>(y) : v128.load(y);
    const gradient = f32x4.mul(f32x4.sub(sigmoid4(logits), target), factor);
    const tail = log1p4(exp4(f32x4.neg(f32x4.abs(logits))));
    const value = f32x4.add(f32x4.sub(f32x4.max(logits, zero), f32x4.mul(logits, target)), tail);
    sum = f64x2.add(sum, few ? firstLane(value) : pairSums(value));
    if (few) v128.store32_lane(dz, gradient, 0);
    else v128.store(dz, gradient);
    const step: usize = few ? 4 : 16;
    z += step;
    y += step;
    dz += step;
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

function firstLane(values: v128): v128 {
  return f64x2.replace_lane(f64x2.splat(0), 0, <f64>f32x4.extract_lane(values, 0));
}

function pairSums(values: v128): v128 {
  const upper = v128.shuffle<i64>(values, values, 1, 1);
  return f64x2.add(f64x2.promote_low_f32x4(values), f64x2.promote_low_f32x4(upper));
}
