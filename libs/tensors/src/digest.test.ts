import { describe, expect, test } from '@jest/globals';
import { parametersSha256, sha256Hex } from './digest.ts';
import { parameterBytes, parametersFromBytes } from './parameter-bytes.ts';

describe('sha256Hex', () => {
  /** The examples of FIPS 180-4. */
  test.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('of %p', (text, digest) => {
    expect(sha256Hex(new TextEncoder().encode(text))).toBe(digest);
  });
});

describe('parameters as bytes', () => {
  test('[T3] are little-endian float32 values', () => {
    expect([...parameterBytes(Float32Array.of(1, -2))]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
    const bytes = Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0);
    expect(parametersSha256(Float32Array.of(1, -2))).toBe(sha256Hex(bytes));
  });

  test('[T3] only the vector itself counts, not the buffer it lies in', () => {
    const within = Float32Array.of(9, 1, -2, 9).subarray(1, 3);
    expect(parametersSha256(within)).toBe(parametersSha256(Float32Array.of(1, -2)));
  });

  test('[T3] come back from any place in a buffer', () => {
    const shifted = new Uint8Array(9);
    shifted.set(parameterBytes(Float32Array.of(1.5, -0)), 1);
    expect(parametersFromBytes(shifted.subarray(1))).toEqual(Float32Array.of(1.5, -0));
  });

  test('[T3] a length that is no multiple of 4 is refused', () => {
    expect(() => parametersFromBytes(new Uint8Array(6))).toThrow('6 bytes are no vector of float32 values');
  });
});
