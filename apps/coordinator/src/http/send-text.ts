import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** A JSON list between two texts, a page of it at a time. */
export async function* jsonList(
  before: string,
  pages: AsyncIterable<readonly unknown[]>,
  after: string,
): AsyncGenerator<string> {
  yield before;
  let comma = '';
  for await (const page of pages) {
    for (const row of page) {
      yield comma + JSON.stringify(row);
      comma = ',';
    }
  }
  yield after;
}

/** Sends pieces of text as they come, no faster than they are read. A reader that goes away is no fault of ours. */
export async function sendText(response: Response, pieces: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 64 }), response);
  } catch (error) {
    if (!response.headersSent) throw error;
    response.destroy();
  }
}
