import type { ErrorCode } from './error-codes.ts';
import { frameLimits, wireLimits } from './limits.ts';

export interface FrameFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * Walks the bytes of one MessagePack value without making anything of them, so that the decoder behind it only ever sees
 * a complete frame of plain values: maps with text keys, arrays, text, binary, numbers, booleans and nil. Extension types
 * are refused (the decoder knows some that build dates, regular expressions, shared records or references), lengths are
 * compared with the bytes that are there before anything is allocated, and depth and count are bounded.
 * Returns null for a frame that may be decoded. Cost: one pass, no recursion, no allocation per value.
 */
export function scanFrame(bytes: Uint8Array): FrameFault | null {
  if (bytes.length === 0) return fault('E_FRAME_EMPTY', 'empty frame');
  if (bytes.length > wireLimits.frameBytesMax) {
    return fault(
      'E_FRAME_TOO_LARGE',
      `frame of ${bytes.length} bytes, at most ${wireLimits.frameBytesMax} are allowed`,
    );
  }
  return new FrameScan(bytes).run();
}

function fault(code: ErrorCode, message: string): FrameFault {
  return { code, message };
}

/** What a head byte announces: how many bytes of payload and how many values follow. */
interface Head {
  payload: number;
  values: number;
  kind: 'plain' | 'text' | 'map' | 'array' | 'refused' | 'truncated';
}

class FrameScan {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;
  private seen = 0;
  private depth = 0;
  /** Values still to come at each depth; a map of n counts 2n, and its even ones are keys. */
  private readonly left = new Float64Array(frameLimits.depthMax + 1);
  private readonly isMap = new Uint8Array(frameLimits.depthMax + 1);
  private readonly head: Head = { payload: 0, values: 0, kind: 'plain' };

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): FrameFault | null {
    this.left[0] = 1;
    while (this.depth >= 0) {
      if (this.left[this.depth] === 0) {
        this.depth -= 1;
        continue;
      }
      const found = this.value();
      if (found) return found;
    }
    if (this.at < this.bytes.length) {
      return fault('E_FRAME_MALFORMED', `${this.bytes.length - this.at} bytes after the end of the message`);
    }
    return null;
  }

  private value(): FrameFault | null {
    const start = this.at;
    const left = this.left[this.depth] ?? 0;
    const isKey = this.isMap[this.depth] === 1 && left % 2 === 0;
    this.left[this.depth] = left - 1;
    if ((this.seen += 1) > frameLimits.valuesMax) {
      return fault('E_FRAME_TOO_MANY', `more than ${frameLimits.valuesMax} values in one frame`);
    }
    if (start >= this.bytes.length) return this.truncated(start);
    const head = this.readHead(this.bytes[start] ?? 0);
    if (head.kind === 'truncated') return this.truncated(start);
    if (head.kind === 'refused') {
      return fault('E_FRAME_MALFORMED', `byte 0x${(this.bytes[start] ?? 0).toString(16)} at ${start} is not taken`);
    }
    if (this.depth === 0 && head.kind !== 'map') return fault('E_FRAME_MALFORMED', 'a message is a map');
    if (isKey) {
      const found = this.key(head, start);
      if (found) return found;
    }
    if (head.payload > this.bytes.length - this.at) return this.truncated(start);
    this.at += head.payload;
    return head.kind === 'map' || head.kind === 'array' ? this.enter(head, start) : null;
  }

  private key(head: Head, start: number): FrameFault | null {
    if (head.kind !== 'text') return fault('E_FRAME_MALFORMED', `a map key at ${start} is not text`);
    return this.isProto(head.payload) ? fault('E_FRAME_KEY', `a map at ${start} uses the key __proto__`) : null;
  }

  private enter(head: Head, start: number): FrameFault | null {
    // Every announced value takes at least one byte: a short frame cannot announce a long array.
    if (head.values > this.bytes.length - this.at) return this.truncated(start);
    if (this.depth === frameLimits.depthMax) {
      return fault('E_FRAME_TOO_DEEP', `values nested deeper than ${frameLimits.depthMax} at byte ${start}`);
    }
    this.depth += 1;
    this.left[this.depth] = head.values;
    this.isMap[this.depth] = head.kind === 'map' ? 1 : 0;
    return null;
  }

  private isProto(length: number): boolean {
    if (length !== 9) return false;
    for (let i = 0; i < 9; i += 1) if (this.bytes[this.at + i] !== '__proto__'.charCodeAt(i)) return false;
    return true;
  }

  private truncated(start: number): FrameFault {
    return fault(
      'E_FRAME_TRUNCATED',
      `the value at byte ${start} needs more than the frame's ${this.bytes.length} bytes`,
    );
  }

  /** Reads the head at `at` and moves past it (past a number's own bytes too, as payload). */
  private readHead(byte: number): Head {
    this.at += 1;
    if (byte < 0x80 || byte >= 0xe0) return this.is('plain', 0, 0);
    if (byte < 0x90) return this.is('map', 0, 2 * (byte & 0x0f));
    if (byte < 0xa0) return this.is('array', 0, byte & 0x0f);
    if (byte < 0xc0) return this.is('text', byte & 0x1f, 0);
    if (byte === 0xc0 || byte === 0xc2 || byte === 0xc3) return this.is('plain', 0, 0);
    if (byte >= 0xc4 && byte <= 0xc6) return this.sized('plain', 1 << (byte - 0xc4));
    if (byte === 0xca) return this.is('plain', 4, 0);
    if (byte === 0xcb) return this.is('plain', 8, 0);
    if (byte >= 0xcc && byte <= 0xce) return this.is('plain', 1 << (byte - 0xcc), 0);
    if (byte >= 0xd0 && byte <= 0xd2) return this.is('plain', 1 << (byte - 0xd0), 0);
    if (byte >= 0xd9 && byte <= 0xdb) return this.sized('text', 1 << (byte - 0xd9));
    if (byte === 0xdc || byte === 0xdd) return this.sized('array', byte === 0xdc ? 2 : 4);
    if (byte === 0xde || byte === 0xdf) return this.sized('map', byte === 0xde ? 2 : 4);
    // 0xc1 is reserved, 0xc7-0xc9 and 0xd4-0xd8 are extensions, 0xcf and 0xd3 are 64-bit integers (not exact in JS).
    return this.is('refused', 0, 0);
  }

  private sized(kind: 'plain' | 'text' | 'map' | 'array', width: number): Head {
    if (width > this.bytes.length - this.at) return this.is('truncated', 0, 0);
    const { view, at } = this;
    const size = width === 1 ? view.getUint8(at) : width === 2 ? view.getUint16(at) : view.getUint32(at);
    this.at += width;
    if (kind === 'map') return this.is('map', 0, 2 * size);
    return kind === 'array' ? this.is('array', 0, size) : this.is(kind, size, 0);
  }

  private is(kind: Head['kind'], payload: number, values: number): Head {
    this.head.kind = kind;
    this.head.payload = payload;
    this.head.values = values;
    return this.head;
  }
}
