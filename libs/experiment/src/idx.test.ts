import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DataError } from './data-error.ts';
import { readIdx } from './idx.ts';

const file = (...bytes: number[]) => Uint8Array.from(bytes);
const labels = file(0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9);

function refusal(bytes: Uint8Array): string {
  try {
    readIdx(bytes);
    return 'read';
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

describe('readIdx', () => {
  test('[D2] gives the dimensions and a view of the values', () => {
    const { dims, data } = readIdx(labels);
    expect(dims).toEqual([3]);
    expect([...data]).toEqual([7, 8, 9]);
    expect(data.buffer).toBe(labels.buffer);
    expect(readIdx(file(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 5, 6)).dims).toEqual([1, 2, 1]);
  });

  test('[D2] reads from any place in a buffer', () => {
    const within = Uint8Array.of(1, 2, ...labels, 3);
    expect([...readIdx(within.subarray(2, 2 + labels.length)).data]).toEqual([7, 8, 9]);
  });

  test.each([
    ['E_DATA_EMPTY The IDX file is empty (0 bytes); fetch it again', file()],
    ['E_DATA_TRUNCATED The IDX file is 2 bytes, its header asks for 4; it was cut off, fetch it again', file(0, 0)],
    [
      'E_DATA_TRUNCATED The IDX file is 6 bytes, its header asks for 8; it was cut off, fetch it again',
      file(0, 0, 8, 1, 0, 0),
    ],
    [
      'E_DATA_TRUNCATED The IDX file is 10 bytes, its header asks for 11; it was cut off, fetch it again',
      labels.subarray(0, 10),
    ],
    ['E_DATA_TRAILING The IDX file is 12 bytes, 1 more than its dimensions 3 need; fetch it again', file(...labels, 0)],
    [
      'E_DATA_MAGIC The file starts with 89 50 4e 47, not with an IDX header of unsigned bytes (00 00 08 and 01 to 04); is it the right file?',
      file(0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0),
    ],
    [
      'E_DATA_MAGIC The file starts with 1f 8b 08 00, not with an IDX header of unsigned bytes (00 00 08 and 01 to 04); it is gzip-compressed, unpack it first',
      file(0x1f, 0x8b, 8, 0),
    ],
    ['E_DATA_MAGIC The file starts with 00 00 0d 01', file(0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0)],
    ['E_DATA_MAGIC The file starts with 00 00 08 00', file(0, 0, 8, 0, 1)],
    ['E_DATA_MAGIC The file starts with 00 00 08 ff', file(0, 0, 8, 255, 1)],
    [
      'E_DATA_DIMS The IDX file claims dimensions 4294967295 x 4294967295; they must be at least 1 and hold at most 1073741824 values in all',
      file(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255),
    ],
    ['E_DATA_DIMS The IDX file claims dimensions 0', file(0, 0, 8, 1, 0, 0, 0, 0)],
  ])('[D2] %s', (message, bytes) => {
    expect(refusal(bytes)).toContain(message);
  });

  test('[D2] any bytes are read whole or refused with a code', () => {
    const headed = fc.uint8Array({ maxLength: 24 }).map((rest) => Uint8Array.of(0, 0, 8, ...rest));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), headed), (bytes) => {
        expect(refusal(bytes)).toMatch(/^(read|E_DATA_)/);
      }),
      { numRuns: 500 },
    );
  });
});
