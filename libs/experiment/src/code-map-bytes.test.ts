import { expect, test } from '@jest/globals';
import { codeMapBytes, readCodeMap, writeCodeMap } from './code-map-bytes.ts';

const map = {
  count: 3,
  labels: Uint8Array.of(2, 0, 9),
  tsne: Float32Array.of(1, -2, 3.5, 4, 5, 6),
  pca: Float32Array.of(-1, 0, 0.25, 8, 9, 10),
};

test('a map of codes comes back as it was written', () => {
  const bytes = writeCodeMap(map);
  expect(bytes).toHaveLength(8 + 4 + 48);
  expect(codeMapBytes(3)).toBe(60);
  expect(readCodeMap(bytes)).toEqual(map);
  // Wherever in a buffer it lies.
  const shifted = new Uint8Array(61);
  shifted.set(bytes, 1);
  expect(readCodeMap(shifted.subarray(1))).toEqual(map);
});

test('what is no map is refused', () => {
  const bytes = writeCodeMap(map);
  const broken = [bytes.subarray(0, 59), new Uint8Array(3), new Uint8Array(60), Uint8Array.of(...bytes, 0)];
  for (const wrong of broken) {
    expect(() => readCodeMap(wrong)).toThrow(expect.objectContaining({ code: 'E_DATA_MISMATCH' }));
  }
});
