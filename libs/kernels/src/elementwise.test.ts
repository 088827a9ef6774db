import { beforeEach, describe, expect, test } from '@jest/globals';
import { openArena, type Arena } from './arena.ts';
import { activationKinds, compileKernels } from './kernels.ts';

let arena: Arena;
beforeEach(async () => {
  arena = openArena((await compileKernels())!, 1 << 20);
});

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const geluInner = (x: number): number => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const definitions = {
  linear: { value: (x: number) => x, slope: () => 1 },
  relu: { value: (x: number) => Math.max(x, 0), slope: (x: number) => (x > 0 ? 1 : 0) },
  elu: { value: (x: number) => (x > 0 ? x : Math.expm1(x)), slope: (x: number) => (x > 0 ? 1 : Math.exp(x)) },
  tanh: { value: Math.tanh, slope: (x: number) => 1 - Math.tanh(x) ** 2 },
  sigmoid: { value: sigmoid, slope: (x: number) => sigmoid(x) * (1 - sigmoid(x)) },
  gelu: {
    value: (x: number) => x * sigmoid(geluInner(x)),
    slope: (x: number) => (definitions.gelu.value(x + 1e-5) - definitions.gelu.value(x - 1e-5)) / 2e-5,
  },
} as const;

/** -20 to 20, zero and both ends of float32 among them; an odd number, so that a tail is left. */
const inputs = Float32Array.from([...Array.from({ length: 400 }, (_, i) => i / 10 - 20), 0, -0, 1e-40, 1e30, -1e30]);

describe.each(Object.keys(activationKinds) as (keyof typeof activationKinds)[])('[K4] %s', (name) => {
  const kind = activationKinds[name];
  const { value, slope } = definitions[name];

  test.each([inputs.length, 5, 1])('values and slopes, rows of %i', (n) => {
    const { kernels, allocate, floats } = arena;
    const rows = Math.floor(inputs.length / n);
    const size = rows * n;
    const [z, y, bias, dy] = [allocate(4 * size + 4) + 4, allocate(4 * size), allocate(4 * n), allocate(4 * size)];
    floats(z, size).set(inputs.subarray(0, size));
    floats(bias, n).fill(0.25);
    floats(dy, size).fill(1);
    kernels.biasActivate(kind, z, y, bias, rows, n);
    kernels.activationGradient(kind, dy, z, y, size);
    for (let i = 0; i < size; i += 1) {
      const x = Math.fround(inputs[i]! + 0.25);
      expect(floats(z, size)[i]).toBe(x);
      expect(Math.abs(floats(y, size)[i]! - value(x))).toBeLessThanOrEqual(3e-7 * Math.max(1, Math.abs(x)));
      if (Math.abs(x) < 1e3) expect(Math.abs(floats(dy, size)[i]! - slope(x))).toBeLessThanOrEqual(2e-6);
    }
  });

  test('NaN stays NaN', () => {
    const { kernels, allocate, floats } = arena;
    const [z, bias] = [allocate(4 * 5), allocate(4 * 5)];
    floats(z, 5).set([1, NaN, 2, 3, NaN]);
    kernels.biasActivate(kind, z, z, bias, 1, 5);
    expect(Array.from(floats(z, 5), Number.isNaN)).toEqual([false, true, false, false, true]);
  });
});

test('[K4] gelu far below zero is zero, in value and slope: no product of it is a denormal number', () => {
  const { kernels, allocate, floats } = arena;
  const size = 600;
  const [z, y, bias, dy] = [allocate(4 * size), allocate(4 * size), allocate(4 * size), allocate(4 * size)];
  floats(z, size).set(Array.from({ length: size }, (_, i) => -i / 20));
  floats(dy, size).fill(1e-9);
  kernels.biasActivate(activationKinds.gelu, z, y, bias, 1, size);
  kernels.activationGradient(activationKinds.gelu, dy, z, y, size);
  const tiny = [...floats(y, size), ...floats(dy, size)].filter((value) => value !== 0 && Math.abs(value) < 1e-25);
  expect(tiny).toEqual([]);
  expect(floats(y, size)[size - 1]).toBeCloseTo(0, 30);
});

test('[K4] a bias gradient is the sum over rows, in double', () => {
  const { kernels, allocate, floats } = arena;
  const [rows, n] = [301, 7];
  const [x, sums] = [allocate(4 * rows * n), allocate(4 * n)];
  const values = floats(x, rows * n);
  values.forEach((_, i) => (values[i] = Math.sin(i) * 1000));
  kernels.columnSums(x, rows, n, sums);
  const expected = new Float64Array(n);
  values.forEach((value, i) => (expected[i % n] = expected[i % n]! + value));
  expect(Array.from(floats(sums, n))).toEqual(Array.from(Float32Array.from(expected)));
});

const losses = [
  { name: 'squaredError', value: (z: number, y: number) => (sigmoid(z) - y) ** 2, scale: 0.5 },
  {
    name: 'crossEntropy',
    value: (z: number, y: number) => Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z))),
    scale: 0.25,
  },
] as const;

test.each(losses)('[K4] $name: sum and gradient at the logits', ({ name, value, scale }) => {
  const { kernels, allocate, floats } = arena;
  const size = 403;
  const [z, y, dz] = [allocate(4 * size), allocate(4 * size), allocate(4 * size)];
  const [zv, yv] = [floats(z, size), floats(y, size)];
  zv.forEach((_, i) => (zv[i] = i / 10 - 20));
  yv.forEach((_, i) => (yv[i] = (i % 11) / 10));
  const sum = kernels[name](z, y, dz, size, scale);
  const expected = zv.reduce((total, logit, i) => total + value(logit, yv[i]!), 0);
  expect(Math.abs(sum - expected)).toBeLessThan(1e-5 * expected);
  floats(dz, size).forEach((gradient, i) => {
    const at = (shift: number): number => value(zv[i]! + shift, yv[i]!);
    expect(Math.abs(gradient - (scale * (at(1e-5) - at(-1e-5))) / 2e-5)).toBeLessThan(1e-6);
  });
});

test('[K4] sigmoid of far and infinite logits', () => {
  const { kernels, allocate, floats } = arena;
  const [z, y] = [allocate(4 * 7), allocate(4 * 7)];
  floats(z, 7).set([0, 100, -100, Infinity, -Infinity, NaN, 2]);
  kernels.sigmoid(z, y, 7);
  const values = Array.from(floats(y, 7));
  expect(values.slice(0, 2)).toEqual([0.5, 1]);
  expect(values[2]).toBeLessThan(1e-37);
  expect(values[3]).toBe(1);
  expect(values[4]).toBeLessThan(1e-37);
  expect(values[5]).toBeNaN();
  expect(values[6]).toBeCloseTo(0.8807970779778823, 6);
});
