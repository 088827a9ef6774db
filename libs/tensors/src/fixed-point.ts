/*
 * Exact sums of float32 vectors, in any order and any grouping.
 *
 * A fixed-point vector is a Float64Array of whole numbers: value x of weight w stands as round(x w 2^fractionBits), ties to
 * even. Whole numbers add exactly in double while they stay within 2^53, so the sum of the same terms has the same bits
 * whoever adds them, in whatever order. The rounding is done once per term: adding and taking away 1.5 2^52 leaves a
 * double no room for a fraction, which is exact and the same in every engine (and in SIMD) up to 2^51.
 */

/** The format of one sum. All of its parts must be made with the same one. */
export interface FixedPointFormat {
  /** Binary places after the point: the resolution is 2^-fractionBits. */
  readonly fractionBits: number;
  /** Terms in the whole sum at most. Each may be as large as `fixedPointLimit`, so that no partial sum leaves 2^53. */
  readonly terms: number;
}

/** Resolution 2.3e-10; with up to 16 terms each value may be up to 131,072 in size. Finer ones would only lengthen what is sent. */
export const gradientFractionBits = 32;

const roundingMagic = 1.5 * 2 ** 52;
const wholeMax = 2 ** 53;
const termMax = 2 ** 51;

/** The largest size of one term, as the whole number that stands in the vector. RangeError for a format that has none. */
export function fixedPointLimit({ fractionBits, terms }: FixedPointFormat): number {
  const whole = Number.isSafeInteger(fractionBits) && fractionBits >= 0 && fractionBits <= 51;
  if (!whole || !Number.isSafeInteger(terms) || terms < 1 || terms > 2 ** 20) {
    throw new RangeError(
      `Fixed point with ${fractionBits} fraction bits for ${terms} terms; give 0 to 51 bits and 1 to 2^20 terms`,
    );
  }
  return Math.min(termMax, Math.floor(wholeMax / terms));
}

/** The largest size that a float32 value of a term of this weight may have. RangeError for a format that has none. */
export function termLimit(format: FixedPointFormat, weight: number): number {
  // Half a unit below the limit, so that the rounded number cannot pass it.
  return (fixedPointLimit(format) - 0.5) / Math.abs(weight * 2 ** format.fractionBits);
}

/**
 * Adds `weight` times float32 `values` to `sum` as one term. False, and `sum` unchanged, where a value is NaN or larger
 * than the format's limit: whether a term counts depends on that term alone, never on what was added before it.
 * RangeError for vectors of different lengths.
 */
export function addTerm(sum: Float64Array, values: Float32Array, format: FixedPointFormat, weight = 1): boolean {
  sameLength(sum, values);
  const scale = weight * 2 ** format.fractionBits;
  if (!within(values, termLimit(format, weight))) return false;
  for (let i = 0; i < values.length; i += 1) {
    sum[i] = sum[i]! + (values[i]! * scale + roundingMagic - roundingMagic);
  }
  return true;
}

/**
 * Adds to `sum` the sum of `terms` terms that somebody else made. False, and `sum` unchanged, where a number is no whole
 * one or larger than that many terms can be. RangeError for vectors of different lengths.
 */
export function addPartialSum(
  sum: Float64Array,
  partial: Float64Array,
  format: FixedPointFormat,
  terms: number,
): boolean {
  sameLength(sum, partial);
  if (!isPartialSum(partial, format, terms)) return false;
  for (let i = 0; i < partial.length; i += 1) sum[i] = sum[i]! + partial[i]!;
  return true;
}

/** Whether the vector can be the sum of `terms` terms: whole numbers, none larger than they can make. */
export function isPartialSum(partial: Float64Array, format: FixedPointFormat, terms: number): boolean {
  return wholeWithin(partial, fixedPointLimit(format) * Math.min(terms, format.terms));
}

/** The weighted mean as float32: sum / (2^fractionBits totalWeight), rounded once. RangeError for different lengths. */
export function meanOfSum(
  sum: Float64Array,
  { fractionBits }: FixedPointFormat,
  totalWeight: number,
  out: Float32Array,
): void {
  sameLength(sum, out);
  const divisor = totalWeight * 2 ** fractionBits;
  for (let i = 0; i < out.length; i += 1) out[i] = sum[i]! / divisor;
}

/** Also false for NaN. By index: `for of` over a typed array takes ten times as long. */
function within(values: Float32Array, limit: number): boolean {
  const size = values.length;
  for (let i = 0; i < size; i += 1) if (!(Math.abs(values[i]!) <= limit)) return false;
  return true;
}

function wholeWithin(values: Float64Array, limit: number): boolean {
  const size = values.length;
  for (let i = 0; i < size; i += 1) {
    const value = values[i]!;
    if (!(Math.abs(value) <= limit) || Math.floor(value) !== value) return false;
  }
  return true;
}

function sameLength(a: { readonly length: number }, b: { readonly length: number }): void {
  if (a.length !== b.length) throw new RangeError(`Vectors of ${a.length} and ${b.length} values cannot be added`);
}
