/*
 * A convolution as a matrix product: every window of the larger maps becomes a row [kernel rows, kernel columns, channels]
 * of a matrix, and its transpose adds the rows back. Maps are [images, height, width, channels] without gaps, float32;
 * windows lie `stride` apart, their taps `dilation`, the first window starts `top` and `left` values before the map
 * (padding reads as zero). With them every convolution, its gradients and the transposed one are products:
 *   y = windows(x) W,  dW = windows(x)^T dy,  dx = fold(dy W^T).
 */

/** Writes `windows` = [images outHeight outWidth, kernelHeight kernelWidth channels]. */
export function im2col(
  x: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  top: i32,
  left: i32,
  outHeight: i32,
  outWidth: i32,
  windows: usize,
): void {
  const tapBytes = (<usize>channels) << 2;
  const imageBytes = <usize>height * <usize>width * tapBytes;
  for (let image = 0; image < images; image += 1) {
    for (let outRow = 0; outRow < outHeight; outRow += 1) {
      for (let outColumn = 0; outColumn < outWidth; outColumn += 1) {
        const firstColumn = outColumn * strideWidth - left;
        for (let i = 0; i < kernelHeight; i += 1) {
          const row = outRow * strideHeight - top + i * dilationHeight;
          const inside = row >= 0 && row < height;
          const line = x + <usize>row * <usize>width * tapBytes;
          if (inside && dilationWidth == 1 && firstColumn >= 0 && firstColumn + kernelWidth <= width) {
            // Neighbouring taps are neighbours in memory: one run.
            const run = <usize>kernelWidth * tapBytes;
            copyValues(line + <usize>firstColumn * tapBytes, windows, run);
            windows += run;
          } else {
            for (let j = 0; j < kernelWidth; j += 1) {
              const column = firstColumn + j * dilationWidth;
              if (inside && column >= 0 && column < width)
                copyValues(line + <usize>column * tapBytes, windows, tapBytes);
              else clearValues(windows, tapBytes);
              windows += tapBytes;
            }
          }
        }
      }
    }
    x += imageBytes;
  }
}

/** x = sum of the rows of `windows` laid back where `im2col` took them from, in their order; x is written whole. */
export function col2im(
  x: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  top: i32,
  left: i32,
  outHeight: i32,
  outWidth: i32,
  windows: usize,
): void {
  const tapBytes = (<usize>channels) << 2;
  const imageBytes = <usize>height * <usize>width * tapBytes;
  clearValues(x, <usize>images * imageBytes);
  for (let image = 0; image < images; image += 1) {
    for (let outRow = 0; outRow < outHeight; outRow += 1) {
      for (let outColumn = 0; outColumn < outWidth; outColumn += 1) {
        const firstColumn = outColumn * strideWidth - left;
        for (let i = 0; i < kernelHeight; i += 1) {
          const row = outRow * strideHeight - top + i * dilationHeight;
          const inside = row >= 0 && row < height;
          const line = x + <usize>row * <usize>width * tapBytes;
          if (inside && dilationWidth == 1 && firstColumn >= 0 && firstColumn + kernelWidth <= width) {
            const run = <usize>kernelWidth * tapBytes;
            addValues(windows, line + <usize>firstColumn * tapBytes, run);
            windows += run;
          } else {
            for (let j = 0; j < kernelWidth; j += 1) {
              const column = firstColumn + j * dilationWidth;
              if (inside && column >= 0 && column < width)
                addValues(windows, line + <usize>column * tapBytes, tapBytes);
              windows += tapBytes;
            }
          }
        }
      }
    }
    x += imageBytes;
  }
}

function copyValues(from: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  if (bytes == 12) {
    // Three taps of one channel, the commonest short run.
    store<u64>(to, load<u64>(from));
    store<f32>(to + 8, load<f32>(from + 8));
    return;
  }
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
}

function addValues(from: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
}

function clearValues(to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, f32x4.splat(0));
  for (; at < bytes; at += 4) store<f32>(to + at, 0);
}
