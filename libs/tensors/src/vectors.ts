/*
 * Whole-vector operations by index: `map`, `every` and `for of` over a typed array take about ten times as long.
 */

/** a - b, in a vector of its own. */
export function difference(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i += 1) out[i] = a[i]! - b[i]!;
  return out;
}

/** sum = sum + weight x values. */
export function addTo(sum: Float32Array, values: Float32Array, weight = 1): void {
  for (let i = 0; i < sum.length; i += 1) sum[i] = sum[i]! + weight * values[i]!;
}

/** Whether no value is NaN or an infinity. */
export function isFiniteVector(values: Float32Array): boolean {
  const size = values.length;
  for (let i = 0; i < size; i += 1) if (!Number.isFinite(values[i])) return false;
  return true;
}
