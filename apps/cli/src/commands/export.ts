import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { openApi, type ApiAddress } from '../client/api.ts';
import { codeOf, configError, reasonOf } from '../cli-error.ts';
import { shortPath } from '../paths.ts';
import type { Output } from '../screen/output.ts';

export interface ExportOptions {
  readonly sweep: string;
  readonly format: 'csv' | 'json';
  /** Absolute path; null for the standard output. */
  readonly file: string | null;
  readonly address: ApiAddress;
  readonly output: Output;
}

/** Copies the coordinator's export as it comes: it may be larger than memory. */
export async function exportSweep({ sweep, format, file, address, output }: ExportOptions): Promise<void> {
  const response = await openApi(address).export(sweep, format);
  if (!response.body) return;
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  if (file === null) return toStandardOutput(body);
  try {
    await pipeline(body, createWriteStream(file));
  } catch (error) {
    throw configError('E_FILE', `cannot write ${file} (${reasonOf(error)}); choose another with --output`);
  }
  output.say([`  Wrote ${shortPath(file)}`]);
  output.json({ file, format });
}

/** A reader that has seen enough (`| head`) is no failure. */
async function toStandardOutput(body: Readable): Promise<void> {
  try {
    await pipeline(body, process.stdout, { end: false });
  } catch (error) {
    if (codeOf(error) !== 'EPIPE') throw error;
  }
}
