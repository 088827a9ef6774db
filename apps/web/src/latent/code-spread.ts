import type { CodedPictures } from './messages.ts';

/** Where the codes of real pictures lie along one unit of the code. */
export interface UnitSpread {
  readonly unit: number;
  readonly mean: number;
  /** Population standard deviation. */
  readonly sd: number;
}

type Codes = Pick<CodedPictures, 'codes' | 'codeSize' | 'count'>;

export function spreadOfUnits({ codes, codeSize, count }: Codes): readonly UnitSpread[] {
  return Array.from({ length: codeSize }, (_, unit) => {
    let sum = 0;
    for (let i = 0; i < count; i += 1) sum += codes[i * codeSize + unit]!;
    const mean = sum / count;
    let squares = 0;
    for (let i = 0; i < count; i += 1) squares += (codes[i * codeSize + unit]! - mean) ** 2;
    return { unit, mean, sd: Math.sqrt(squares / count) };
  });
}

/** Standard deviations around the mean within which codes are shown: nearly all real ones lie there. */
export const shownDeviations = 2.5;

/** A square of `side` x `side` codes over the plane of a two-number code, top left first, in the order of pictures. */
export function codesOfPlane([across, down]: readonly [UnitSpread, UnitSpread], side: number): Float32Array {
  const codes = new Float32Array(2 * side * side);
  const at = ({ mean, sd }: UnitSpread, step: number): number =>
    mean + sd * shownDeviations * ((2 * step) / (side - 1) - 1);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      codes.set([at(across, column), at(down, side - 1 - row)], 2 * (row * side + column));
    }
  }
  return codes;
}

/** `steps` codes on the straight line from one to the other, both ends among them. */
export function codesBetween(from: Float32Array, to: Float32Array, steps: number): Float32Array {
  const codes = new Float32Array(steps * from.length);
  for (let step = 0; step < steps; step += 1) {
    const share = step / (steps - 1);
    for (let unit = 0; unit < from.length; unit += 1) {
      codes[step * from.length + unit] = (1 - share) * from[unit]! + share * to[unit]!;
    }
  }
  return codes;
}

export const codeOf = ({ codes, codeSize }: Codes, picture: number): Float32Array =>
  codes.slice(picture * codeSize, (picture + 1) * codeSize);
