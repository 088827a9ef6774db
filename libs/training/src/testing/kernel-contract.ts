import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';

/** What products and convolutions of the wasm backend must give, whichever kernels are registered; call it in a test file. */
export function testProductsAndConvolutions(): void {
  describeProducts();
  describeConvolutions();
}

function describeProducts(): void {
  describe('[B2] matrix products', () => {
    const shapes = [
      { m: 1, k: 1, n: 1 },
      { m: 5, k: 7, n: 3 },
      { m: 17, k: 33, n: 9 },
    ];
    const transposes = [0, 1, 2, 3].map((bits) => ({ transposeA: bits % 2 === 1, transposeB: bits > 1 }));

    test.each(shapes.flatMap((shape) => transposes.map((flags) => ({ ...shape, ...flags }))))(
      '$m x $k by $k x $n, transposeA $transposeA, transposeB $transposeB',
      ({ m, k, n, transposeA, transposeB }) => {
        tf.tidy(() => {
          const a = tf.randomUniform<tf.Rank.R2>(transposeA ? [k, m] : [m, k], -1, 1, 'float32', 1);
          const b = tf.randomUniform<tf.Rank.R2>(transposeB ? [n, k] : [k, n], -1, 1, 'float32', 2);
          const product = tf.matMul(a, b, transposeA, transposeB);
          expect(product.shape).toEqual([m, n]);
          const [av, bv] = [a.dataSync(), b.dataSync()];
          const expected = Array.from({ length: m * n }, (_, at) => {
            const [i, j] = [Math.floor(at / n), at % n];
            let sum = 0;
            for (let l = 0; l < k; l += 1) {
              sum += (av[transposeA ? l * m + i : i * k + l] ?? NaN) * (bv[transposeB ? j * k + l : l * n + j] ?? NaN);
            }
            return sum;
          });
          expectClose(product, expected);
          const bias = tf.ones<tf.Rank.R1>([n]);
          const fused = tf.fused.matMul({ a, b, transposeA, transposeB, bias });
          expectClose(
            fused,
            expected.map((value) => value + 1),
          );
        });
      },
    );

    test('batches of matrices keep their batch dimension', () => {
      tf.tidy(() => {
        const a = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
        expectClose(tf.matMul(a, a, true, false), [10, 14, 14, 20, 74, 86, 86, 100]);
      });
    });
  });
}

function describeConvolutions(): void {
  describe('[B2] a convolution and its gradients equal the sums they stand for', () => {
    const convolutions: Convolution[] = [
      { size: [8, 8], kernel: [3, 3], stride: [2, 2], pad: 'same' },
      { size: [7, 5], kernel: [3, 3], stride: [2, 2], pad: 'same' },
      { size: [7, 6], kernel: [3, 3], stride: [1, 1], pad: 'same' },
      { size: [9, 8], kernel: [5, 4], stride: [2, 2], pad: 'same' },
      { size: [10, 11], kernel: [3, 3], stride: [3, 3], pad: 'valid' },
      { size: [11, 9], kernel: [4, 2], stride: [2, 3], pad: 'valid' },
      { size: [8, 7], kernel: [1, 1], stride: [2, 2], pad: 'same' },
      { size: [8, 8], kernel: [2, 2], stride: [3, 3], pad: 'valid' },
      { size: [1, 1], kernel: [1, 1], stride: [1, 1], pad: 'valid' },
      { size: [9, 10], kernel: [3, 2], stride: [1, 1], pad: 'valid', dilation: [2, 3] },
      { size: [9, 10], kernel: [3, 3], stride: [1, 1], pad: 'same', dilation: [2, 2] },
      // Windows of one image that outgrow what is kept for them.
      { size: [61, 60], kernel: [5, 5], stride: [1, 1], pad: 'same' },
    ];

    test.each(convolutions)('%j', ({ size, kernel, stride, pad, dilation = [1, 1] }) => {
      const shape: [number, number, number, number] = [2, ...size, 3];
      const filterShape: [number, number, number, number] = [...kernel, 3, 4];
      tf.tidy(() => {
        const x = tf.randomUniform<tf.Rank.R4>(shape, -1, 1, 'float32', 3);
        const filter = tf.randomUniform<tf.Rank.R4>(filterShape, -1, 1, 'float32', 4);
        const info = tf.backend_util.computeConv2DInfo(shape, filterShape, stride, dilation, pad);
        const dy = tf.randomUniform<tf.Rank.R4>(info.outShape, -1, 1, 'float32', 5);
        const { y, dx, dw } = expectedSums(info, x.dataSync(), filter.dataSync(), dy.dataSync());
        expectClose(tf.conv2d(x, filter, stride, pad, 'NHWC', dilation), y);
        // The gradient kernels of tfjs know no dilation.
        if (dilation[0] > 1) return;
        const attrs = { strides: stride, pad, dataFormat: 'NHWC' };
        const engine = tf.engine();
        expectClose(engine.runKernel<tf.Tensor>('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape }), dw);
        expectClose(
          engine.runKernel<tf.Tensor>('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: shape }),
          dx,
        );
      });
    });
  });
}

interface Convolution {
  size: [number, number];
  kernel: [number, number];
  stride: [number, number];
  pad: 'same' | 'valid';
  dilation?: [number, number];
}

type Values = Float32Array | Int32Array | Uint8Array;

function expectedSums(
  info: tf.backend_util.Conv2DInfo,
  x: Values,
  filter: Values,
  dy: Values,
): { y: Float64Array; dx: Float64Array; dw: Float64Array } {
  const y = new Float64Array(dy.length);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(filter.length);
  const { inHeight: h, inWidth: w, inChannels: ci, outChannels: co, filterHeight, filterWidth, padInfo } = info;
  dy.forEach((gradient, at) => {
    const o = at % co;
    const oj = Math.floor(at / co) % info.outWidth;
    const oi = Math.floor(at / co / info.outWidth) % info.outHeight;
    const n = Math.floor(at / co / info.outWidth / info.outHeight);
    for (let tap = 0; tap < filterHeight * filterWidth; tap += 1) {
      const i = info.strideHeight * oi + info.dilationHeight * Math.floor(tap / filterWidth) - padInfo.top;
      const j = info.strideWidth * oj + info.dilationWidth * (tap % filterWidth) - padInfo.left;
      if (i < 0 || j < 0 || i >= h || j >= w) continue;
      for (let c = 0; c < ci; c += 1) {
        const xAt = ((n * h + i) * w + j) * ci + c;
        const wAt = (tap * ci + c) * co + o;
        y[at]! += x[xAt]! * filter[wAt]!;
        dx[xAt]! += gradient * filter[wAt]!;
        dw[wAt]! += gradient * x[xAt]!;
      }
    }
  });
  return { y, dx, dw };
}

function expectClose(tensor: tf.Tensor, expected: ArrayLike<number>): void {
  const values = tensor.dataSync();
  expect(values.length).toBe(expected.length);
  let [apart, length] = [0, 0];
  for (let i = 0; i < expected.length; i += 1) {
    apart = Math.max(apart, Math.abs(expected[i]! - values[i]!));
    length = Math.max(length, Math.abs(expected[i]!));
  }
  expect(apart).toBeLessThan(1e-5 * Math.max(1, length));
}
