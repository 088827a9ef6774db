import type { ImageShape } from '@gradpool/experiment';

/**
 * Structural similarity of two pictures with values in [0, 1], shape [height, width, channels], as Wang, Bovik, Sheikh and
 * Simoncelli define it (IEEE Transactions on Image Processing 13(4), 2004): a Gaussian window of 11 x 11 pixels with a
 * standard deviation of 1.5, K1 = 0.01, K2 = 0.03, the mean over all places where the window lies inside the picture; a
 * picture of several channels has the mean of theirs.
 */
export type Similarity = (a: Float32Array, b: Float32Array) => number;

const windowSide = 11;
const windowDeviation = 1.5;
const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;

/** A `Similarity` for pictures of one shape, with its buffers. A picture smaller than the window gets the largest odd one that fits. */
export function openSimilarity({ height, width, channels }: ImageShape): Similarity {
  const window = gaussianWindow(Math.min(windowSide, oddAtMost(Math.min(height, width))));
  const blur = openBlur(height, width, window);
  const planes = Array.from({ length: 4 }, () => new Float64Array(height * width));
  const [muX, muY, squares, products] = planes as [Float64Array, Float64Array, Float64Array, Float64Array];
  return (a, b) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) {
      for (let i = 0; i < height * width; i += 1) {
        const [x, y] = [a[i * channels + channel]!, b[i * channels + channel]!];
        muX[i] = x;
        muY[i] = y;
        // Both variances stand as their sum only.
        squares[i] = x * x + y * y;
        products[i] = x * y;
      }
      for (const plane of planes) blur.run(plane);
      for (let i = 0; i < blur.places; i += 1) {
        const [x, y] = [muX[i]!, muY[i]!];
        const [meanProduct, meanSquares] = [x * y, x * x + y * y];
        const covariance = products[i]! - meanProduct;
        const variances = squares[i]! - meanSquares;
        sum += ((2 * meanProduct + c1) * (2 * covariance + c2)) / ((meanSquares + c1) * (variances + c2));
      }
    }
    return sum / (channels * blur.places);
  };
}

const oddAtMost = (side: number): number => side - 1 + (side % 2);

/** One axis of the window: it sums to 1. */
function gaussianWindow(side: number): Float64Array {
  const middle = (side - 1) / 2;
  const weights = Float64Array.from({ length: side }, (_, i) =>
    Math.exp(-((i - middle) ** 2) / (2 * windowDeviation ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Means under the window wherever it fits, one axis after the other; they replace the first `places` values of the plane. */
function openBlur(height: number, width: number, window: Float64Array) {
  const side = window.length;
  const [rows, columns] = [height - side + 1, width - side + 1];
  const across = new Float64Array(height * columns);
  return {
    places: rows * columns,
    run(plane: Float64Array): void {
      for (let y = 0; y < height; y += 1) {
        for (let x = 0; x < columns; x += 1) {
          let sum = 0;
          for (let i = 0; i < side; i += 1) sum += window[i]! * plane[y * width + x + i]!;
          across[y * columns + x] = sum;
        }
      }
      for (let y = 0; y < rows; y += 1) {
        for (let x = 0; x < columns; x += 1) {
          let sum = 0;
          for (let i = 0; i < side; i += 1) sum += window[i]! * across[(y + i) * columns + x]!;
          plane[y * columns + x] = sum;
        }
      }
    },
  };
}
