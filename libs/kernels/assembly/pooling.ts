/*
 * Max-pooling of maps [images, height, width, channels], float32 without gaps, any alignment. Windows lie as those of a
 * convolution (convolution.ts), without dilation; a tap outside the map counts for nothing. NaN is the largest value of
 * all, and of equal taps the first one, row by row, is the one that was taken.
 */

/** y[images, outHeight, outWidth, channels] = the largest tap of each window; -Infinity where none is inside the map. */
export function maxPool(
  x: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  top: i32,
  left: i32,
  outHeight: i32,
  outWidth: i32,
  y: usize,
): void {
  const tapBytes = (<usize>channels) << 2;
  const lineBytes = <usize>width * tapBytes;
  for (let image = 0; image < images; image += 1) {
    for (let i = 0; i < outHeight; i += 1) {
      const row = i * strideHeight - top;
      const rows = span(row, kernelHeight, height);
      const line = x + <usize>max(row, 0) * lineBytes;
      for (let j = 0; j < outWidth; j += 1) {
        const column = j * strideWidth - left;
        const first = line + <usize>max(column, 0) * tapBytes;
        largestTap(first, rows, span(column, kernelWidth, width), lineBytes, tapBytes, y);
        y += tapBytes;
      }
    }
    x += <usize>height * lineBytes;
  }
}

/** dx = the sum, over the windows that took a tap, of their dy; y is what `maxPool` made of x. dx is written whole. */
export function maxPoolGradient(
  x: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  top: i32,
  left: i32,
  outHeight: i32,
  outWidth: i32,
  y: usize,
  dy: usize,
  dx: usize,
): void {
  const tapBytes = (<usize>channels) << 2;
  const lineBytes = <usize>width * tapBytes;
  const imageBytes = <usize>height * lineBytes;
  memory.fill(dx, 0, <usize>images * imageBytes);
  for (let image = 0; image < images; image += 1) {
    for (let i = 0; i < outHeight; i += 1) {
      const row = i * strideHeight - top;
      const rows = span(row, kernelHeight, height);
      const line = <usize>max(row, 0) * lineBytes;
      for (let j = 0; j < outWidth; j += 1) {
        const column = j * strideWidth - left;
        const first = line + <usize>max(column, 0) * tapBytes;
        const columns = span(column, kernelWidth, width);
        takenTap(x + first, rows, columns, lineBytes, tapBytes, y, dy, dx + first);
        y += tapBytes;
        dy += tapBytes;
      }
    }
    x += imageBytes;
    dx += imageBytes;
  }
}

/** Taps of a window from `start` on that lie within 0 and `size`. */
function span(start: i32, taps: i32, size: i32): i32 {
  return min(start + taps, size) - max(start, 0);
}

/** y[channel] = max over the taps at x; four channels at a time. */
function largestTap(x: usize, rows: i32, columns: i32, lineBytes: usize, tapBytes: usize, y: usize): void {
  let at: usize = 0;
  for (; at + 16 <= tapBytes; at += 16) {
    let largest = f32x4.splat(-Infinity);
    for (let i = 0; i < rows; i += 1) {
      let tap = x + at + <usize>i * lineBytes;
      for (let j = 0; j < columns; j += 1) {
        largest = f32x4.max(largest, v128.load(tap));
        tap += tapBytes;
      }
    }
    v128.store(y + at, largest);
  }
  for (; at < tapBytes; at += 4) {
    let largest: f32 = -Infinity;
    for (let i = 0; i < rows; i += 1) {
      let tap = x + at + <usize>i * lineBytes;
      for (let j = 0; j < columns; j += 1) {
        largest = max<f32>(largest, load<f32>(tap));
        tap += tapBytes;
      }
    }
    store<f32>(y + at, largest);
  }
}

/** dx[first tap that has y's value] += dy, for each channel. */
function takenTap(
  x: usize,
  rows: i32,
  columns: i32,
  lineBytes: usize,
  tapBytes: usize,
  y: usize,
  dy: usize,
  dx: usize,
): void {
  let at: usize = 0;
  for (; at + 16 <= tapBytes; at += 16) {
    const largest = v128.load(y + at);
    const gradient = v128.load(dy + at);
    let open = i32x4.splat(-1);
    for (let i = 0; i < rows; i += 1) {
      for (let j = 0; j < columns; j += 1) {
        const tap = at + <usize>i * lineBytes + <usize>j * tapBytes;
        const taken = v128.and(open, same4(v128.load(x + tap), largest));
        v128.store(dx + tap, f32x4.add(v128.load(dx + tap), v128.and(gradient, taken)));
        open = v128.andnot(open, taken);
      }
    }
  }
  for (; at < tapBytes; at += 4)
    takenTapOf(x + at, rows, columns, lineBytes, tapBytes, load<f32>(y + at), load<f32>(dy + at), dx + at);
}

function takenTapOf(
  x: usize,
  rows: i32,
  columns: i32,
  lineBytes: usize,
  tapBytes: usize,
  largest: f32,
  gradient: f32,
  dx: usize,
): void {
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      const tap = <usize>i * lineBytes + <usize>j * tapBytes;
      const value = load<f32>(x + tap);
      if (value == largest || (value != value && largest != largest)) {
        store<f32>(dx + tap, load<f32>(dx + tap) + gradient);
        return;
      }
    }
  }
}

/** Equal, or both NaN. */
function same4(x: v128, y: v128): v128 {
  return v128.or(f32x4.eq(x, y), v128.and(f32x4.ne(x, x), f32x4.ne(y, y)));
}
