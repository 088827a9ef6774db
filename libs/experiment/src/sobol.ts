import { directionRows } from './sobol-directions.ts';

/** Dimensions that there are direction numbers for. */
export const sobolDimensions = directionRows.length + 1;

const bits = 32;

/**
 * Directions of one dimension (from 0), v_k = m_k 2^(32 - k) for k = 1 ... 32: the given m_k, and then
 * m_k = 2 a_1 m_(k-1) xor ... xor 2^(s-1) a_(s-1) m_(k-s+1) xor 2^s m_(k-s) xor m_(k-s) (Bratley and Fox 1988).
 */
export function sobolDirections(dimension: number): Uint32Array {
  const directions = new Uint32Array(bits);
  if (dimension === 0) return directions.map((_, k) => 1 << (bits - 1 - k));
  const row = directionRows[dimension - 1];
  if (row === undefined) throw new RangeError(`dimension ${dimension} of a Sobol sequence of ${sobolDimensions}`);
  const [coefficients, initial] = row;
  const degree = initial.length;
  for (let k = 0; k < bits; k += 1) directions[k] = direction(k);
  return directions;

  function direction(k: number): number {
    if (k < degree) return initial[k]! << (bits - 1 - k);
    const before = directions[k - degree]!;
    let value = before ^ (before >>> degree);
    for (let i = 1; i < degree; i += 1) {
      if (((coefficients >> (degree - 1 - i)) & 1) === 1) value ^= directions[k - i]!;
    }
    return value;
  }
}

/** Coordinate of point `index` (from 0, below 2^32) as a whole number below 2^32, in the Gray code order of Antonov and Saleev (1979). */
export function sobolCoordinate(directions: Uint32Array, index: number): number {
  let gray = (index ^ (index >>> 1)) >>> 0;
  let value = 0;
  for (let k = 0; gray !== 0; k += 1, gray >>>= 1) {
    if ((gray & 1) === 1) value ^= directions[k]!;
  }
  return value >>> 0;
}
