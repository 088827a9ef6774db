/*
 * Matrix product after Goto & van de Geijn, "Anatomy of high-performance matrix multiplication" (ACM TOMS 34, 2008): a
 * block of A is packed for the second-level cache, a panel of B for the first, and a 4 x 8 tile of C stays in eight
 * registers of four floats. (Wider tiles spill: WebAssembly engines have 16 such registers on x86-64.)
 */
import { copy4, copy8, copy16, interleave4 } from './pack';
import { isFinitePanel, pickSteps, recordsBytes, sparseTile } from './sparse';

/** Largest depth of a pass: a panel of B is then 16 KiB. */
const depthMax: i32 = 512;
/** Largest rows of a packed block of A: 256 KiB at the largest depth. */
const rowsMax: i32 = 128;
const panelBytes: usize = 512 * 8 * 4;
const tileBytes: usize = 4 * 8 * 4;
const packedBytes: usize = 512 * 128 * 4;
/** Steps that count, for each packed group of four rows. */
const countsBytes: usize = 32 * 4;
/** Columns of C from which looking for steps that add nothing costs less than a hundredth of the product. */
const sparseColumns: i32 = 128;

/** Bytes of the scratch space that `gemm` needs, 16-byte aligned. */
export function gemmScratchBytes(): i32 {
  return <i32>(panelBytes + tileBytes + packedBytes + countsBytes + 32 * recordsBytes(depthMax));
}

/**
 * C = op(A) op(B), or C + op(A) op(B) where `accumulate` is 1. op(A) is m x k, op(B) k x n, C m x n, all row-major
 * float32 with rows `lda`, `ldb`, `ldc` values apart; a factor whose flag is 1 is stored transposed. Every element is
 * c = c + a b over k in order, both operations rounded to float32, so the bits do not depend on the sizes around it. Where
 * four neighbouring rows of op(A) are 0 at some k together, that step may be left out: it changes no bit.
 */
export function gemm(
  transposeA: i32,
  transposeB: i32,
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  lda: i32,
  b: usize,
  ldb: i32,
  c: usize,
  ldc: i32,
  accumulate: i32,
  scratch: usize,
): void {
  const depthStep = blockSize(k, depthMax, 4);
  const rowStep = blockSize(m, rowsMax, 4);
  const packedA = scratch + panelBytes + tileBytes;
  const counts = packedA + packedBytes;
  // A sum that begins with somebody else's -0 would notice a step that adds 0.
  const pick = accumulate == 0 && n >= sparseColumns;
  for (let row = 0; row < m; row += rowStep) {
    const rows = min(rowStep, m - row);
    for (let from = 0; from < k; from += depthStep) {
      const depth = min(depthStep, k - from);
      packA(
        transposeA,
        at(a, transposeA != 0 ? from : row, lda, transposeA != 0 ? row : from),
        lda,
        rows,
        depth,
        packedA,
      );
      const picked = pick && pickGroups(packedA, rows, depth, counts);
      const add = accumulate != 0 || from > 0;
      for (let column = 0; column < n; column += 8) {
        const columns = min(8, n - column);
        const source = at(b, transposeB != 0 ? column : from, ldb, transposeB != 0 ? from : column);
        packB(transposeB, source, ldb, columns, depth, scratch);
        const sparse = picked && isFinitePanel(scratch, depth) ? counts : 0;
        const target = at(c, row, ldc, column);
        column8(packedA, scratch, target, ldc, rows, columns, depth, add, scratch + panelBytes, sparse);
      }
    }
  }
}

/** Splits `size` into equal steps of at most `most`, rounded up to `multiple`. */
function blockSize(size: i32, most: i32, multiple: i32): i32 {
  const blocks = max(1, (size + most - 1) / most);
  const step = (size + blocks - 1) / blocks;
  return max(multiple, ((step + multiple - 1) / multiple) * multiple);
}

function at(base: usize, row: i32, stride: i32, column: i32): usize {
  return base + ((<usize>row * <usize>stride + <usize>column) << 2);
}

function packA(transposed: i32, source: usize, stride: i32, rows: i32, depth: i32, to: usize): void {
  const strideBytes = (<usize>stride) << 2;
  let row = 0;
  if (transposed != 0) {
    for (; row + 16 <= rows; row += 16) {
      copy16(source + ((<usize>row) << 2), strideBytes, depth, to);
      to += (<usize>depth) << 6;
    }
  }
  for (; row < rows; row += 4) {
    if (transposed != 0) copy4(source + ((<usize>row) << 2), strideBytes, rows - row, depth, to, 16);
    else interleave4(source + <usize>row * strideBytes, strideBytes, rows - row, depth, to, 16);
    to += (<usize>depth) << 4;
  }
}

/** Picks the steps that count in every packed group; whether any group is the smaller for it. */
function pickGroups(packedA: usize, rows: i32, depth: i32, counts: usize): bool {
  let records = counts + countsBytes;
  let any = false;
  for (let row = 0; row < rows; row += 4) {
    const count = pickSteps(packedA, depth, records);
    store<i32>(counts, count);
    any = any || count >= 0;
    packedA += (<usize>depth) << 4;
    records += recordsBytes(depth);
    counts += 4;
  }
  return any;
}

function packB(transposed: i32, source: usize, stride: i32, columns: i32, depth: i32, to: usize): void {
  const strideBytes = (<usize>stride) << 2;
  if (transposed == 0 && columns == 8) {
    copy8(source, strideBytes, depth, to);
    return;
  }
  for (let half = 0; half < 8; half += 4) {
    const lanes = columns - half;
    if (transposed != 0) interleave4(source + <usize>half * strideBytes, strideBytes, lanes, depth, to, 32);
    else copy4(source + ((<usize>half) << 2), strideBytes, lanes, depth, to, 32);
    to += 16;
  }
}

/** Eight columns of C (or fewer) over all packed rows; ragged tiles go through a tile of their own. `counts`: see `pickGroups`, or 0. */
function column8(
  packedA: usize,
  panel: usize,
  c: usize,
  ldc: i32,
  rows: i32,
  columns: i32,
  depth: i32,
  add: bool,
  spare: usize,
  counts: usize,
): void {
  const rowBytes = (<usize>ldc) << 2;
  let records = counts + countsBytes;
  for (let row = 0; row < rows; row += 4) {
    const high = min(4, rows - row);
    const whole = high == 4 && columns == 8;
    const target = whole ? c : spare;
    const stride = whole ? rowBytes : 32;
    if (add && !whole) copyTile(c, rowBytes, spare, 32, high, columns);
    const count = counts != 0 ? load<i32>(counts + <usize>row) : -1;
    if (count >= 0) sparseTile(count, records, panel, target, stride, add);
    else tile(depth, packedA, panel, target, stride, add);
    if (!whole) copyTile(spare, 32, c, rowBytes, high, columns);
    packedA += (<usize>depth) << 4;
    records += recordsBytes(depth);
    c += rowBytes << 2;
  }
}

function copyTile(from: usize, fromStride: usize, to: usize, toStride: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      store<f32>(to + ((<usize>j) << 2), load<f32>(from + ((<usize>j) << 2)));
    }
    from += fromStride;
    to += toStride;
  }
}

/** The inner loop: c[4][8] (+)= sum over depth of a[d][4] x b[d][8]. */
function tile(depth: i32, a: usize, b: usize, c: usize, rowBytes: usize, add: bool): void {
  const c1 = c + rowBytes;
  const c2 = c1 + rowBytes;
  const c3 = c2 + rowBytes;
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  if (add) {
    s00 = v128.load(c);
    s01 = v128.load(c, 16);
    s10 = v128.load(c1);
    s11 = v128.load(c1, 16);
    s20 = v128.load(c2);
    s21 = v128.load(c2, 16);
    s30 = v128.load(c3);
    s31 = v128.load(c3, 16);
  }
  const end = a + ((<usize>depth) << 4);
  // Not unrolled: an engine may move all loads of a round to its front, and those of one step just fit its registers.
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    s00 = f32x4.add(s00, f32x4.mul(x, b0));
    s01 = f32x4.add(s01, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 4);
    s10 = f32x4.add(s10, f32x4.mul(x, b0));
    s11 = f32x4.add(s11, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 8);
    s20 = f32x4.add(s20, f32x4.mul(x, b0));
    s21 = f32x4.add(s21, f32x4.mul(x, b1));
    x = v128.load_splat<f32>(a, 12);
    s30 = f32x4.add(s30, f32x4.mul(x, b0));
    s31 = f32x4.add(s31, f32x4.mul(x, b1));
    a += 16;
    b += 32;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}
