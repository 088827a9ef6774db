/**
 * Mean over `count` rows of the cross-entropy -log p(label), p = softmax(logits), in nats; writes its gradient at the
 * logits, (p - [own class]) / count, to `dLogits`. Rows of `classes` numbers. The gradient has the same bits on every engine.
 */
export function softmaxCrossEntropy(
  logits: Float32Array,
  labels: ArrayLike<number>,
  { count, classes }: { readonly count: number; readonly classes: number },
  dLogits: Float32Array | null,
): number {
  let loss = 0;
  for (let row = 0; row < count; row += 1) {
    const [from, label] = [row * classes, labels[row]!];
    const top = logits[from + largestOf(logits, from, classes)]!;
    let sum = 0;
    for (let i = from; i < from + classes; i += 1) sum += exponential(logits[i]! - top);
    // The logarithm may differ in its last bit between engines: it is told and never trained on.
    loss += Math.log(sum) + top - logits[from + label]!;
    if (!dLogits) continue;
    for (let i = 0; i < classes; i += 1) {
      const p = exponential(logits[from + i]! - top) / sum;
      dLogits[from + i] = (p - (i === label ? 1 : 0)) / count;
    }
  }
  return loss / count;
}

/** Place of the largest of `width` values from `from`, counted from there; of equals the first. */
export function largestOf(values: Float32Array, from: number, width: number): number {
  let best = 0;
  for (let i = 1; i < width; i += 1) if (values[from + i]! > values[from + best]!) best = i;
  return best;
}

/** Powers 2^-n. */
const halves = Float64Array.from({ length: 128 }, (_, n) => {
  let power = 1;
  for (let i = 0; i < n; i += 1) power /= 2;
  return power;
});

/**
 * e^x for x <= 0 by additions, multiplications and divisions alone, since Math.exp differs between engines: x = r - n ln 2
 * with |r| <= ln 2 / 2, e^r by its Taylor series. 0 below -87, NaN for NaN.
 */
export function exponential(x: number): number {
  if (x < -87) return 0;
  const n = Math.floor(0.5 - x / Math.LN2);
  const r = x + n * Math.LN2;
  let term = 1;
  let sum = 1;
  for (let i = 1; i <= 12; i += 1) {
    term *= r / i;
    sum += term;
  }
  return sum * (halves[n] ?? NaN);
}
