/*
 * Tables for the normals, computed when the module loads with + - * / alone, so that every engine has the same bits
 * (Math.log, Math.sin and Math.cos may differ between engines).
 */
export const ln2 = 0.6931471805599453;
const quarterPi = 0.7853981633974483;

/** Bins of the mantissa in [1, 2): 65 centres 1 + i/64. */
export const mantissaBins = 64;
/** Sectors of the full turn. */
const sectors = 256;

/** log(1 + i/64), i = 0..64. The last is the same double as `ln2`, so that log(1) comes out as an exact zero. */
export const logOfCentre: Float64Array = Float64Array.from({ length: mantissaBins + 1 }, (_, i) =>
  i === mantissaBins ? ln2 : logSeries(1 + i / mantissaBins),
);
/** 1 / (1 + i/64). */
export const inverseOfCentre: Float64Array = Float64Array.from(
  { length: mantissaBins + 1 },
  (_, i) => 1 / (1 + i / mantissaBins),
);
/** 2^(n - 31), n = 0..32: scales an integer with n leading zero bits to [1, 2). */
export const scaleOfLeadingZeros: Float64Array = Float64Array.from({ length: 33 }, (_, n) =>
  n < 31 ? 1 / 2 ** (31 - n) : 2 ** (n - 31),
);
/** cos and sin of 2 pi i / 256. */
export const cosOfSector: Float64Array = Float64Array.from({ length: sectors }, (_, i) => cosOfTurn(i));
export const sinOfSector: Float64Array = Float64Array.from({ length: sectors }, (_, i) => cosOfTurn(i + sectors - 64));

/** All tables one after the other, for kernels that compute the same normals elsewhere. */
export const normalTables: Float64Array = Float64Array.of(
  ...logOfCentre,
  ...inverseOfCentre,
  ...scaleOfLeadingZeros,
  ...cosOfSector,
  ...sinOfSector,
);

/** log x = 2 (s + s^3/3 + s^5/5 + ...) with s = (x - 1)/(x + 1); s <= 1/3 here, so 20 terms are beyond double precision. */
function logSeries(x: number): number {
  const s = (x - 1) / (x + 1);
  let sum = 0;
  for (let term = 19; term >= 0; term -= 1) sum = sum * s * s + 1 / (2 * term + 1);
  return 2 * s * sum;
}

/** cos(2 pi i / 256), folded to the first eighth of the turn, where the series is short and exact to the last bit or so. */
function cosOfTurn(i: number): number {
  const inTurn = i % sectors;
  const folded = inTurn <= 128 ? inTurn : sectors - inTurn;
  const sign = folded <= 64 ? 1 : -1;
  const inQuarter = folded <= 64 ? folded : 128 - folded;
  return (
    sign * (inQuarter <= 32 ? cosSeries((inQuarter / 32) * quarterPi) : sinSeries(((64 - inQuarter) / 32) * quarterPi))
  );
}

function cosSeries(x: number): number {
  let sum = 0;
  for (let term = 10; term >= 1; term -= 1) sum = (-(x * x) / (2 * term * (2 * term - 1))) * (1 + sum);
  return 1 + sum;
}

function sinSeries(x: number): number {
  let sum = 0;
  for (let term = 10; term >= 1; term -= 1) sum = (-(x * x) / (2 * term * (2 * term + 1))) * (1 + sum);
  return x * (1 + sum);
}
