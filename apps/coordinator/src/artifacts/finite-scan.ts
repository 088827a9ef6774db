/** Looks for NaN and infinities in a stream of little-endian float32 values, whatever way it is cut into chunks. */
export function startFiniteScan(): { push(chunk: Uint8Array): void; finite(): boolean } {
  let finite = true;
  const rest: number[] = [];
  return {
    push(chunk) {
      let at = 0;
      while (finite && at < chunk.length && rest.length > 0) {
        rest.push(chunk[at] as number);
        at += 1;
        if (rest.length === 4) {
          if (isExponentFull(rest[2] as number, rest[3] as number)) finite = false;
          rest.length = 0;
        }
      }
      for (; finite && at + 4 <= chunk.length; at += 4) {
        if (isExponentFull(chunk[at + 2] as number, chunk[at + 3] as number)) finite = false;
      }
      if (rest.length === 0) for (; at < chunk.length; at += 1) rest.push(chunk[at] as number);
    },
    /** Bytes left over (a length that is no multiple of 4) are no float at all. */
    finite: () => finite && rest.length === 0,
  };
}

/** NaN and the infinities of IEEE 754 binary32 are the values whose 8 exponent bits are all set. */
const isExponentFull = (byte2: number, byte3: number): boolean => (byte3 & 0x7f) === 0x7f && (byte2 & 0x80) === 0x80;
