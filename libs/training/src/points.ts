/** Points as rows: [count, width]. */
export interface Points {
  readonly values: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** Squared Euclidean distance of points `i` and `j`. */
export function squaredDistance({ values, width }: Points, i: number, j: number): number {
  let sum = 0;
  for (let d = 0; d < width; d += 1) {
    const difference = values[i * width + d]! - values[j * width + d]!;
    sum += difference * difference;
  }
  return sum;
}
