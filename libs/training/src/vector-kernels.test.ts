import { beforeEach, expect, test } from '@jest/globals';
import { compileKernels, openArena, type Arena } from '@gradpool/kernels';
import {
  addPartialSum,
  addTerm,
  codecs,
  fillNormals,
  fillUniforms,
  fixedPointBytes,
  fixedPointBytesMax,
  gradientFractionBits,
  meanOfSum,
} from '@gradpool/tensors';

let arena: Arena;
beforeEach(async () => {
  arena = openArena((await compileKernels())!, 1 << 20);
});

const sizes = [1, 63, 64, 65, 1000, 4097];
const key = { seed: 11, stream: 12 };

function values(size: number, stream: number): Float32Array {
  const out = new Float32Array(size);
  fillNormals(out, { seed: 3, stream }, 0);
  return out.map((value, i) => (i % 97 === 5 ? 0 : i % 89 === 7 ? value * 1e-40 : i % 83 === 9 ? value * 100 : value));
}

function placed(from: Float32Array): number {
  const address = arena.allocate(4 * from.length);
  arena.floats(address, from.length).set(from);
  return address;
}

function uniformsOf(size: number): number {
  const uniforms = new Float32Array(size);
  fillUniforms(uniforms, key, 0);
  return placed(uniforms);
}

test.each(sizes)('[K7] sums of %i values have the bits of libs/tensors', (size) => {
  const { kernels, allocate, doubles, floats } = arena;
  const format = { fractionBits: gradientFractionBits, terms: 4 };
  const [first, second] = [values(size, 1), values(size, 2)];
  const [expected, sum] = [new Float64Array(size), allocate(8 * size)];
  for (const [term, weight] of [
    [first, 1],
    [second, 3],
  ] as const) {
    expect(addTerm(expected, term, format, weight)).toBe(true);
    kernels.addFixedPoint(sum, placed(term), size, weight * 2 ** gradientFractionBits);
  }
  expect(doubles(sum, size)).toEqual(expected);
  const partial = allocate(8 * size);
  doubles(partial, size).set(expected);
  addPartialSum(expected, expected.slice(), format, 2);
  kernels.addDoubles(sum, partial, size);
  expect(doubles(sum, size)).toEqual(expected);
  const plain = placed(first);
  kernels.addFloats(plain, placed(second), size);
  expect(floats(plain, size)).toEqual(first.map((value, i) => value + second[i]!));
});

test.each(sizes)('[K7] packed sums of %i values have the bytes of libs/tensors, and add up to the same', (size) => {
  const { kernels, allocate, doubles, octets } = arena;
  const blocks = Math.ceil(size / 64);
  const [x, widths, sum] = [allocate(8 * size), allocate(blocks), allocate(8 * size)];
  const packed = allocate(fixedPointBytesMax(size) + 8);
  // Every width from zeros to float64.
  const wholes = Float64Array.from(values(size, 8), (value, i) => Math.round(value * 256 ** ((i >> 6) % 8)));
  if (size > 64) wholes[1] = 0.5;
  doubles(x, size).set(wholes);
  const bytes = fixedPointBytes(wholes);
  expect(kernels.packWholes(x, size, widths, packed)).toBe(bytes.length - blocks);
  expect(octets(widths, blocks)).toEqual(bytes.subarray(0, blocks));
  expect(octets(packed, bytes.length - blocks)).toEqual(bytes.subarray(blocks));
  doubles(sum, size).fill(5);
  kernels.addWholes(sum, widths, packed, size);
  expect(doubles(sum, size)).toEqual(wholes.map((value) => value + 5));
  if (size > 64) expect(kernels.squaresOfWholes(widths, packed, size, 2 ** 53)).toBe(-1);
  else {
    const largest = wholes.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const sums = [0, 1, 2, 3].map((k) =>
      wholes.reduce((total, value, i) => (i % 4 === k ? total + value ** 2 : total), 0),
    );
    const squares = sums[0]! + sums[1]! + (sums[2]! + sums[3]!);
    expect(kernels.squaresOfWholes(widths, packed, size, largest)).toBe(squares);
    expect(kernels.squaresOfWholes(widths, packed, size, largest - 1)).toBe(-1);
  }
});

test.each([1, 2, 3, 4, 5, 6].flatMap((width) => [63, 64, 65, 130].map((size) => [width, size] as const)))(
  '[K7] whole numbers of %i bytes keep their signs: %i of them',
  (width, size) => {
    const { kernels, allocate, doubles, octets } = arena;
    const blocks = Math.ceil(size / 64);
    const largest = 2 ** (8 * width - 1) - 1;
    // Both ends of the range, and both sides of 0, in every lane.
    const wholes = Float64Array.from({ length: size }, (_, i) => [largest, -largest, 1, -1, 0][(7 * i) % 5]!);
    const packed = allocate(fixedPointBytesMax(size) + 8);
    octets(packed, fixedPointBytesMax(size) + 8).fill(255);
    octets(packed, fixedPointBytes(wholes).length).set(fixedPointBytes(wholes));
    const sum = allocate(8 * size + 8);
    doubles(sum, size + 1).fill(3);
    kernels.addWholes(sum, packed, packed + blocks, size);
    expect(doubles(sum, size + 1)).toEqual(Float64Array.from([...wholes, 0], (value) => value + 3));
    expect(kernels.squaresOfWholes(packed, packed + blocks, size, largest)).toBeGreaterThan(0);
    expect(kernels.squaresOfWholes(packed, packed + blocks, size, largest - 1)).toBe(-1);
  },
);

test.each(sizes)('[K7] the mean of a sum of %i values has the bits of libs/tensors, and leaves zeros', (size) => {
  const { kernels, allocate, doubles, floats } = arena;
  const whole = Float64Array.from(values(size, 8), (value) => Math.round(value * 2 ** 40));
  const [sum, out] = [allocate(8 * size), allocate(4 * size)];
  doubles(sum, size).set(whole);
  const format = { fractionBits: gradientFractionBits, terms: 8 };
  const expected = new Float32Array(size);
  meanOfSum(whole, format, 7.25, expected);
  kernels.takeMean(sum, size, 7.25 * 2 ** gradientFractionBits, out);
  expect(floats(out, size)).toEqual(expected);
  expect(doubles(sum, size)).toEqual(new Float64Array(size));
});

test.each(sizes)('[K7] bf16 of %i values has the bytes of libs/tensors', (size) => {
  const { kernels, allocate, octets, floats } = arena;
  const x = values(size, 4);
  x[0] = 3.4e38;
  const [bytes, out] = [allocate(2 * size), allocate(4 * size)];
  kernels.encodeBf16(placed(x), uniformsOf(size), size, bytes);
  const expected = codecs.bf16.encode(x, key);
  expect(octets(bytes, 2 * size)).toEqual(expected);
  const decoded = new Float32Array(size);
  codecs.bf16.decode(expected, decoded);
  kernels.decodeBf16(bytes, size, out);
  expect(floats(out, size)).toEqual(decoded);
});

test.each(sizes)('[K7] int8 and int4 of %i values have the bytes of libs/tensors', (size) => {
  const { kernels, allocate, octets, floats } = arena;
  const x = values(size, 5);
  if (size > 130) x.fill(0, 64, 128);
  const blocks = Math.ceil(size / 64);
  const [from, uniforms] = [placed(x), uniformsOf(size)];
  const [scales, levels, halves, out] = [allocate(4 * blocks), allocate(size), allocate(size), allocate(4 * size)];
  for (const name of ['int8', 'int4'] as const) {
    const expected = codecs[name].encode(x, key);
    kernels.encodeBlocks(from, uniforms, size, name === 'int8' ? 127 : 7, scales, levels);
    expect(octets(scales, 4 * blocks)).toEqual(expected.subarray(0, 4 * blocks));
    const body = expected.subarray(4 * blocks);
    if (name === 'int8') {
      expect(octets(levels, size)).toEqual(body);
    } else {
      kernels.packHalves(levels, size, halves);
      expect(octets(halves, body.length)).toEqual(body);
      octets(levels, size).fill(99);
      kernels.unpackHalves(halves, size, levels);
    }
    const decoded = new Float32Array(size);
    codecs[name].decode(expected, decoded);
    kernels.decodeBlocks(levels, scales, size, out);
    expect(floats(out, size)).toEqual(decoded);
  }
});
