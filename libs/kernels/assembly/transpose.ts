/** y[columns, rows] = x[rows, columns] turned over, float32 without gaps, any alignment. */
export function transpose(x: usize, rows: i32, columns: i32, y: usize): void {
  const wide = columns & ~3;
  // Strips of 16 rows: a line of y is then written whole while it is in the cache.
  for (let from = 0; from < rows; from += 16) {
    const to = min(from + 16, rows);
    for (let column = 0; column < wide; column += 4) {
      let row = from;
      for (; row + 4 <= to; row += 4) block4(x, row, column, columns, y, rows);
      for (; row < to; row += 1) {
        for (let i = 0; i < 4; i += 1) move(x, row, column + i, columns, y, rows);
      }
    }
    for (let column = wide; column < columns; column += 1) {
      for (let row = from; row < to; row += 1) move(x, row, column, columns, y, rows);
    }
  }
}

function at(base: usize, row: i32, column: i32, columns: i32): usize {
  return base + ((<usize>row * <usize>columns + <usize>column) << 2);
}

function move(x: usize, row: i32, column: i32, columns: i32, y: usize, rows: i32): void {
  store<f32>(at(y, column, row, rows), load<f32>(at(x, row, column, columns)));
}

/** A block of 4 x 4: pairs of rows first, then halves. */
function block4(x: usize, row: i32, column: i32, columns: i32, y: usize, rows: i32): void {
  const source = at(x, row, column, columns);
  const stride = (<usize>columns) << 2;
  const a = v128.load(source);
  const b = v128.load(source + stride);
  const c = v128.load(source + (stride << 1));
  const d = v128.load(source + (stride << 1) + stride);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  const out = at(y, column, row, rows);
  const outStride = (<usize>rows) << 2;
  v128.store(out, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(out + outStride, v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(out + (outStride << 1), v128.shuffle<i64>(abHigh, cdHigh, 0, 2));
  v128.store(out + (outStride << 1) + outStride, v128.shuffle<i64>(abHigh, cdHigh, 1, 3));
}
