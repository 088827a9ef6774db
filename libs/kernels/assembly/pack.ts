/*
 * Packing: operands of the matrix product laid so that the inner loop reads them front to back. A group of up to four
 * rows or columns becomes a panel [depth][4], lanes beyond the group zero; `toStride` bytes separate its steps, so that two
 * panels side by side make one of eight lanes.
 */

/** to[d][lane] = source[lane][d]: lanes are rows of a row-major source, `sourceStride` bytes apart. */
export function interleave4(
  source: usize,
  sourceStride: usize,
  lanes: i32,
  depth: i32,
  to: usize,
  toStride: usize,
): void {
  let d = 0;
  if (lanes >= 4) {
    const second = source + sourceStride;
    const third = second + sourceStride;
    const fourth = third + sourceStride;
    for (; d + 4 <= depth; d += 4) {
      const at = (<usize>d) << 2;
      const a = v128.load(source + at);
      const b = v128.load(second + at);
      const c = v128.load(third + at);
      const e = v128.load(fourth + at);
      // A 4 x 4 transpose: pairs of rows first, then halves.
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
      const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
      const ce = v128.shuffle<i32>(c, e, 0, 4, 1, 5);
      const ceHigh = v128.shuffle<i32>(c, e, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<i64>(ab, ce, 0, 2));
      to += toStride;
      v128.store(to, v128.shuffle<i64>(ab, ce, 1, 3));
      to += toStride;
      v128.store(to, v128.shuffle<i64>(abHigh, ceHigh, 0, 2));
      to += toStride;
      v128.store(to, v128.shuffle<i64>(abHigh, ceHigh, 1, 3));
      to += toStride;
    }
  }
  for (; d < depth; d += 1) {
    const at = source + ((<usize>d) << 2);
    for (let lane = 0; lane < 4; lane += 1) {
      const value = lane < lanes ? load<f32>(at + <usize>lane * sourceStride) : <f32>0;
      store<f32>(to + ((<usize>lane) << 2), value);
    }
    to += toStride;
  }
}

/** to[d][lane] = source[d][lane]: lanes are neighbours in a row-major source, whose rows are `sourceStride` bytes apart. */
export function copy4(source: usize, sourceStride: usize, lanes: i32, depth: i32, to: usize, toStride: usize): void {
  if (lanes >= 4) {
    for (let d = 0; d < depth; d += 1) {
      v128.store(to, v128.load(source));
      source += sourceStride;
      to += toStride;
    }
    return;
  }
  for (let d = 0; d < depth; d += 1) {
    for (let lane = 0; lane < 4; lane += 1) {
      const value = lane < lanes ? load<f32>(source + ((<usize>lane) << 2)) : <f32>0;
      store<f32>(to + ((<usize>lane) << 2), value);
    }
    source += sourceStride;
    to += toStride;
  }
}

/*
 * The same for many lanes in one go: rows that lie a power of two apart share few lines of the first-level cache, so that
 * what a row has besides four lanes would be gone when it is wanted.
 */

/** One panel of eight lanes. */
export function copy8(source: usize, sourceStride: usize, depth: i32, to: usize): void {
  for (let d = 0; d < depth; d += 1) {
    v128.store(to, v128.load(source));
    v128.store(to, v128.load(source, 16), 16);
    source += sourceStride;
    to += 32;
  }
}

/** Four panels of four lanes, one after the other. */
export function copy16(source: usize, sourceStride: usize, depth: i32, to: usize): void {
  const panelBytes = (<usize>depth) << 4;
  const second = panelBytes << 1;
  for (let d = 0; d < depth; d += 1) {
    v128.store(to, v128.load(source));
    v128.store(to + panelBytes, v128.load(source, 16));
    v128.store(to + second, v128.load(source, 32));
    v128.store(to + second + panelBytes, v128.load(source, 48));
    source += sourceStride;
    to += 16;
  }
}
