import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startBackend } from './backend.ts';

beforeAll(async () => {
  await startBackend('wasm');
});

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

interface Convolution {
  size: [number, number];
  kernel: [number, number];
  stride: [number, number];
  pad: 'same' | 'valid';
}

describe('[B2] gradients of a convolution equal the sums they stand for', () => {
  const convolutions: Convolution[] = [
    { size: [8, 8], kernel: [3, 3], stride: [2, 2], pad: 'same' },
    { size: [7, 5], kernel: [3, 3], stride: [2, 2], pad: 'same' },
    { size: [7, 6], kernel: [3, 3], stride: [1, 1], pad: 'same' },
    { size: [9, 8], kernel: [5, 4], stride: [2, 2], pad: 'same' },
    { size: [10, 11], kernel: [3, 3], stride: [3, 3], pad: 'valid' },
    { size: [11, 9], kernel: [4, 2], stride: [2, 3], pad: 'valid' },
    { size: [8, 7], kernel: [1, 1], stride: [2, 2], pad: 'same' },
    { size: [8, 8], kernel: [2, 2], stride: [3, 3], pad: 'valid' },
  ];

  test.each(convolutions)('image $size, kernel $kernel, stride $stride, $pad', ({ size, kernel, stride, pad }) => {
    const shape: [number, number, number, number] = [2, ...size, 3];
    const filterShape: [number, number, number, number] = [...kernel, 3, 4];
    tf.tidy(() => {
      const x = tf.randomUniform<tf.Rank.R4>(shape, -1, 1, 'float32', 3);
      const filter = tf.randomUniform<tf.Rank.R4>(filterShape, -1, 1, 'float32', 4);
      const info = tf.backend_util.computeConv2DInfo(shape, filterShape, stride, 1, pad);
      const dy = tf.randomUniform<tf.Rank.R4>(info.outShape, -1, 1, 'float32', 5);
      const { dx, dw } = expectedGradients(info, x.dataSync(), filter.dataSync(), dy.dataSync());
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

function expectedGradients(
  info: tf.backend_util.Conv2DInfo,
  x: Float32Array | Int32Array | Uint8Array,
  filter: Float32Array | Int32Array | Uint8Array,
  dy: Float32Array | Int32Array | Uint8Array,
): { dx: number[]; dw: number[] } {
  const dx = Array.from({ length: x.length }, () => 0);
  const dw = Array.from({ length: filter.length }, () => 0);
  const { inHeight: h, inWidth: w, inChannels: ci, outChannels: co, filterHeight, filterWidth, padInfo } = info;
  dy.forEach((gradient, at) => {
    const o = at % co;
    const oj = Math.floor(at / co) % info.outWidth;
    const oi = Math.floor(at / co / info.outWidth) % info.outHeight;
    const n = Math.floor(at / co / info.outWidth / info.outHeight);
    for (let tap = 0; tap < filterHeight * filterWidth; tap += 1) {
      const i = info.strideHeight * oi + Math.floor(tap / filterWidth) - padInfo.top;
      const j = info.strideWidth * oj + (tap % filterWidth) - padInfo.left;
      if (i < 0 || j < 0 || i >= h || j >= w) continue;
      for (let c = 0; c < ci; c += 1) {
        const xAt = ((n * h + i) * w + j) * ci + c;
        const wAt = (tap * ci + c) * co + o;
        dx[xAt] = (dx[xAt] ?? 0) + gradient * (filter[wAt] ?? 0);
        dw[wAt] = (dw[wAt] ?? 0) + gradient * (x[xAt] ?? 0);
      }
    }
  });
  return { dx, dw };
}

function expectClose(tensor: tf.Tensor, expected: readonly number[]): void {
  const values = tensor.dataSync();
  expect(values.length).toBe(expected.length);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (values[i] ?? NaN))), 0);
  expect(worst).toBeLessThan(2e-5);
}
