import { DataError } from './data-error.ts';

/** Whether the bytes start like a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip through the platform's own stream (Node and browsers have it). Throws DataError E_DATA_GZIP for damaged
 * input, and E_DATA_DIMS as soon as more than `bytesMax` came out, so a small hostile file cannot fill the memory.
 */
export async function gunzip(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  // A failed write is the same failure that the reader below meets; here it is only kept from going unhandled.
  writer.write(bytes).then(
    () => writer.close().catch(() => undefined),
    () => undefined,
  );
  const reader = (stream.readable as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw new DataError('E_DATA_GZIP', `The gzip file is damaged (${reasonOf(error)}); fetch it again`);
    });
    if (done) return joined(chunks, length);
    length += value.length;
    if (length > bytesMax) {
      await reader.cancel().catch(() => undefined);
      throw new DataError('E_DATA_DIMS', `The gzip file unpacks to more than ${bytesMax} bytes; is it the right file?`);
    }
    chunks.push(value);
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
