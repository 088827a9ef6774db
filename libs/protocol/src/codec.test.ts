import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anyClientMessage, anyServerMessage, clientMessages, serverMessages } from './arbitrary-messages.ts';
import { decodeClient, decodeServer, encode, type Decoded } from './codec.ts';
import { isErrorCode } from './error-codes.ts';
import { wireLimits } from './limits.ts';
import { clientMessage, serverMessage, type ClientMessage } from './messages.ts';

const lease = { leaseId: '01900000-0000-7000-8000-000000000001', fence: 3 };

/** Plain checks, since this runs thousands of times. */
function expectTypedOrMessage(decoded: Decoded<unknown>): void {
  if (decoded.ok || (isErrorCode(decoded.code) && decoded.message !== '')) return;
  throw new Error(`no message and no typed error: ${JSON.stringify(decoded)}`);
}

describe('round trip', () => {
  test.each(Object.entries(clientMessages))('[F4] %s arrives as it was sent', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(decodeClient(encode(message))).toEqual({ ok: true, message });
      }),
      { numRuns: 60 },
    );
  });

  test.each(Object.entries(serverMessages))('[F4] %s arrives as it was sent', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(decodeServer(encode(message))).toEqual({ ok: true, message });
      }),
      { numRuns: 60 },
    );
  });

  test('every type of message has an arbitrary', () => {
    const typesOf = (schema: typeof clientMessage | typeof serverMessage) =>
      schema.options.map((option) => option.shape.type.value).sort();
    expect(Object.keys(clientMessages).sort()).toEqual(typesOf(clientMessage));
    expect(Object.keys(serverMessages).sort()).toEqual(typesOf(serverMessage));
  });

  test('[F4] doubles and large integers are exact', () => {
    const values = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 2 ** 53 - 1, 2 ** 32, 2 ** 31, -(2 ** 31) - 1, 1e21];
    for (const value of values) {
      const points = [{ epoch: 0, name: 'x', value }];
      const sent = { type: 'progress', lease, epoch: 2 ** 53 - 1, epochs: 1, fraction: 1, loss: value };
      const message = { ...sent, imagesPerSecond: 0, points } as ClientMessage;
      expect(decodeClient(encode(message))).toEqual({ ok: true, message });
    }
  });

  test('an encoded frame is not changed by later ones', () => {
    const first = encode({ type: 'bye', reason: 'first' });
    const before = Uint8Array.from(first);
    for (let i = 0; i < 2_000; i += 1) encode({ type: 'bye', reason: `later ${i}` });
    expect(Uint8Array.from(first)).toEqual(before);
  });
});

describe('[F5] any bytes give a message or a typed error', () => {
  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expectTypedOrMessage(decodeClient(bytes));
        expectTypedOrMessage(decodeServer(bytes));
      }),
      { numRuns: 3_000 },
    );
  });

  test('valid frames with bytes changed, cut off, put in or appended', () => {
    const edits = fc.array(fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), how: fc.constantFrom('set', 'in') }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.oneof(anyClientMessage, anyServerMessage), edits, fc.nat(), (message, changes, cut) => {
        const bytes = [...encode(message)];
        for (const { at, byte, how } of changes) bytes.splice(at % bytes.length, how === 'set' ? 1 : 0, byte);
        const frames = [bytes, bytes.slice(0, cut % bytes.length), [...bytes, cut % 256]];
        for (const frame of frames) {
          expectTypedOrMessage(decodeClient(Uint8Array.from(frame)));
          expectTypedOrMessage(decodeServer(Uint8Array.from(frame)));
        }
      }),
      { numRuns: 1_500 },
    );
  });

  test('arbitrary plain values of the wrong shape', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4 }), (value) => {
        const decoded = decodeClient(encode(value as never));
        expect(decoded.ok).toBe(false);
        expectTypedOrMessage(decoded);
      }),
      { numRuns: 500 },
    );
  });

  test('a frame inside a larger buffer is read from its own bytes only', () => {
    const frame = encode({ type: 'pull', want: 3 });
    const around = new Uint8Array(frame.length + 20).fill(0x81);
    around.set(frame, 7);
    const inside = around.subarray(7, 7 + frame.length);
    expect(decodeClient(inside)).toEqual({ ok: true, message: { type: 'pull', want: 3 } });
    expect(decodeClient(around.subarray(7, 7 + frame.length - 1))).toMatchObject({ code: 'E_FRAME_TRUNCATED' });
  });
});

describe('hostile frames', () => {
  const codeOf = (bytes: readonly number[] | Uint8Array): string => {
    const decoded = decodeClient(Uint8Array.from(bytes));
    return decoded.ok ? 'ok' : decoded.code;
  };
  const text = (value: string): number[] => [0xa0 + value.length, ...Buffer.from(value)];
  const nested = (depth: number): number[] => [0x81, ...text('a'), ...new Array<number>(depth).fill(0x91), 0xc0];

  test.each([
    ['[F2] empty', [], 'E_FRAME_EMPTY'],
    ['[F2] over the limit', new Uint8Array(wireLimits.frameBytesMax + 1), 'E_FRAME_TOO_LARGE'],
    ['[F2] announces 4 billion array items', [0x81, ...text('a'), 0xdd, 255, 255, 255, 255], 'E_FRAME_TRUNCATED'],
    ['[F2] announces 4 billion map entries', [0xdf, 255, 255, 255, 255, ...text('a')], 'E_FRAME_TRUNCATED'],
    ['[F2] announces 4 GB of text', [0x81, ...text('a'), 0xdb, 255, 255, 255, 255, 1], 'E_FRAME_TRUNCATED'],
    ['[F2] announces 4 GB of binary', [0x81, ...text('a'), 0xc6, 255, 255, 255, 255, 1], 'E_FRAME_TRUNCATED'],
    ['[F2] ends inside a length', [0x81, ...text('a'), 0xda, 1], 'E_FRAME_TRUNCATED'],
    ['[F2] ends inside a double', [0x81, ...text('a'), 0xcb, 0, 0], 'E_FRAME_TRUNCATED'],
    ['[F2] nested 15 deep in a map is read', nested(15), 'E_MESSAGE_UNKNOWN'],
    ['[F2] nested 16 deep in a map', nested(16), 'E_FRAME_TOO_DEEP'],
    ['[F2] nested 100,000 deep', nested(100_000), 'E_FRAME_TOO_DEEP'],
    ['[F2] a million values', [0x81, ...text('a'), 0xdd, 0, 4, 0, 0, ...new Uint8Array(262_144)], 'E_FRAME_TOO_MANY'],
    ['[F1] no map', [0x93, 1, 2, 3], 'E_FRAME_MALFORMED'],
    ['[F1] bytes after the map', [0x80, 0x80], 'E_FRAME_MALFORMED'],
    ['[F1] a key that is no text', [0x81, 0x01, 0x01], 'E_FRAME_MALFORMED'],
    ['[F1] a map as a key', [0x81, 0x80, 0x01], 'E_FRAME_MALFORMED'],
    ['[F1] the reserved byte', [0x81, ...text('a'), 0xc1], 'E_FRAME_MALFORMED'],
    ['[F1] a 64-bit integer', [0x81, ...text('a'), 0xcf, 1, 1, 1, 1, 1, 1, 1, 1], 'E_FRAME_MALFORMED'],
    ['[F1] a date', [0x81, ...text('a'), 0xd6, 0xff, 0, 0, 0, 1], 'E_FRAME_MALFORMED'],
    ['[F1] a regular expression', [0x81, ...text('a'), 0xd4, 0x78, 0x92, ...text('(a+)+$'), 0xa0], 'E_FRAME_MALFORMED'],
    ['[F1] a record definition', [0xd4, 0x72, 0x40, 0x91, ...text('a'), 0x01], 'E_FRAME_MALFORMED'],
    ['[F1] a bundle of strings', [0xd6, 0x62, 0, 0, 0, 9, 0xa0, 0xa0, 0x80], 'E_FRAME_MALFORMED'],
    ['[F1] a reference', [0x81, ...text('a'), 0xd6, 0x70, 0, 0, 0, 1], 'E_FRAME_MALFORMED'],
    ['[F3] a __proto__ key', [0x81, ...text('__proto__'), 0x80], 'E_FRAME_KEY'],
    ['[F3] a __proto__ key, long form', [0x81, 0xd9, 9, ...Buffer.from('__proto__'), 0x80], 'E_FRAME_KEY'],
    ['[F6] no type', [0x80], 'E_MESSAGE_UNKNOWN'],
    [
      '[F6] a type of the other direction',
      encode({ type: 'closing', reconnectMs: 1, message: '' }),
      'E_MESSAGE_UNKNOWN',
    ],
    ['[F7] an unknown field', encode({ type: 'pull', want: 1, more: 1 } as never), 'E_MESSAGE_INVALID'],
    ['[F7] a missing field', encode({ type: 'pull' } as never), 'E_MESSAGE_INVALID'],
    ['a wrong type', encode({ type: 'pull', want: '1' } as never), 'E_MESSAGE_INVALID'],
    ['a fraction of a lease', encode({ type: 'pull', want: 0.5 }), 'E_MESSAGE_INVALID'],
    ['too many leases', encode({ type: 'pull', want: 65 }), 'E_MESSAGE_INVALID'],
    ['text over the limit', encode({ type: 'bye', reason: 'x'.repeat(2_001) }), 'E_MESSAGE_INVALID'],
    ['invalid UTF-8 as a type', [0x81, ...text('type'), 0xa2, 0xff, 0xfe], 'E_MESSAGE_UNKNOWN'],
  ])('%s', (_what, bytes, code) => {
    expect(codeOf(bytes as number[])).toBe(code);
  });

  test.each([NaN, Infinity, -Infinity])('[F4] %p is refused where a number is expected', (value) => {
    const points = [{ epoch: 0, name: 'train_mse', value }];
    const message = {
      type: 'progress',
      lease,
      epoch: 0,
      epochs: 1,
      fraction: 0,
      loss: null,
      imagesPerSecond: 1,
      points,
    };
    expect(codeOf(encode(message as ClientMessage))).toBe('E_MESSAGE_INVALID');
  });

  test('[F5] an error names the field and does not repeat the value', () => {
    const decoded = decodeClient(encode({ type: 'bye', reason: 'secret'.repeat(1_000) }));
    expect(decoded).toMatchObject({ ok: false, code: 'E_MESSAGE_INVALID' });
    expect(decoded.ok ? '' : decoded.message).toMatch(/reason/);
    expect(decoded.ok ? '' : decoded.message).not.toMatch(/secret/);
  });

  test('[F3] nothing reaches the prototype', () => {
    const spec = JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, never>;
    decodeServer(encode({ type: 'lease', lease, leaseMs: 1, work: { kind: 'train', spec } } as never));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
