import { describe, expect, test } from '@jest/globals';
import { wireLimits } from '@gradpool/protocol';
import { putBytes, vectorMemory } from './vector-memory.ts';

const limits = { vectorSharedBytesMin: 1_000 };

describe('[P10] memory for a vector', () => {
  test('is shared where it is long', () => {
    expect(vectorMemory(999, limits)).toBeInstanceOf(ArrayBuffer);
    expect(vectorMemory(1_000, limits)).toBeInstanceOf(SharedArrayBuffer);
  });

  test.each([64, 2 * wireLimits.vectorPartBytesMax])('takes in bytes wherever they lie: %i of them', (length) => {
    const from = Uint8Array.from({ length: length + 8 }, (_, i) => (7 * i) % 251);
    for (const [shift, at] of [
      [0, 0],
      [3, 0],
      [0, 5],
      [6, 3],
    ] as const) {
      const bytes = from.subarray(shift, shift + length);
      const target = new Uint8Array(vectorMemory(length + 1_000, limits));
      putBytes(target, bytes, at);
      expect(Buffer.compare(target.subarray(at, at + length), bytes)).toBe(0);
      expect([...target.subarray(0, at), ...target.subarray(at + length)].every((value) => value === 0)).toBe(true);
    }
  });
});
