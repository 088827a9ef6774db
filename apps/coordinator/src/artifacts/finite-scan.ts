/** Looks for NaN and infinities in a stream of little-endian float32 values, whatever way it is cut into chunks. */
export function startFiniteScan(): { push(chunk: Uint8Array): void; finite(): boolean } {
  let finite = true;
  /** Bytes of a float that began in an earlier chunk. */
  let rest: number[] = [];
  return {
    push(chunk) {
      let at = 0;
      for (; rest.length > 0 && at < chunk.length; at += 1) {
        rest.push(chunk[at] ?? 0);
        if (rest.length < 4) continue;
        if (isExponentFull(rest[2], rest[3])) finite = false;
        rest = [];
      }
      for (; finite && at + 4 <= chunk.length; at += 4) {
        if (isExponentFull(chunk[at + 2], chunk[at + 3])) finite = false;
      }
      if (finite) rest.push(...chunk.subarray(at));
    },
    /** Bytes left over (a length that is no multiple of 4) are no float at all. */
    finite: () => finite && rest.length === 0,
  };
}

/** NaN and the infinities of IEEE 754 binary32 are the values whose 8 exponent bits are all set. */
const isExponentFull = (byte2 = 0, byte3 = 0): boolean => (byte3 & 0x7f) === 0x7f && (byte2 & 0x80) === 0x80;
