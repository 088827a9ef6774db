import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { cifarFolderName } from '@gradpool/experiment';
import { extract } from 'tar';
import { fetch, type Response } from 'undici';
import { CliError, configError, reasonOf } from '../cli-error.ts';
import { openDataFolder } from '../client/data-folder.ts';
import { shortPath } from '../paths.ts';
import { progressBar } from '../screen/bar.ts';
import type { Output } from '../screen/output.ts';
import { formatBytes } from '../screen/units.ts';

/** A packed folder, by its content. */
export interface Archive {
  readonly url: string;
  readonly bytes: number;
  /** Hex digits, as its publisher gives them. */
  readonly md5: string;
  /** The folder that it unpacks to. */
  readonly folder: string;
}

/** CIFAR-10's binary version, as described at https://www.cs.toronto.edu/~kriz/cifar.html. */
export const cifarArchive: Archive = {
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  bytes: 170_052_171,
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  folder: cifarFolderName,
};

export interface FetchOptions {
  readonly archive: Archive;
  /** Absolute path. */
  readonly dataDir: string;
  readonly output: Output;
}

/**
 * Downloads, checks and unpacks an archive into the data folder. What came of a download that broke off is kept and gone
 * on from. Rejects with a CliError: E_FETCH, E_DATA_DIGEST.
 */
export async function fetchArchive({ archive, dataDir, output }: FetchOptions): Promise<void> {
  const folder = join(dataDir, archive.folder);
  if (await stat(folder).catch(() => null)) return tell(output, folder, 'is there already');
  openDataFolder(dataDir);
  const part = join(dataDir, `${archive.folder}.part`);
  const size = await sizeOf(part);
  if (size < archive.bytes) await download({ archive, part, from: size, output });
  output.frame(['  Checking and unpacking …']);
  try {
    await check(part, archive);
    await unpack(part, folder);
  } finally {
    output.endFrame();
  }
  tell(output, folder, 'is ready; the next gradpool up finds it');
}

function tell(output: Output, folder: string, what: string): void {
  output.say([`  ${shortPath(folder)} ${what}`]);
  output.json({ folder });
}

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => null))?.size ?? 0;

interface Download {
  readonly archive: Archive;
  readonly part: string;
  /** Bytes that are there already. */
  readonly from: number;
  readonly output: Output;
}

async function download({ archive, part, from, output }: Download): Promise<void> {
  try {
    const response = await ask(archive.url, from);
    // A server that knows no ranges sends the whole again.
    const start = response.status === 206 ? from : 0;
    const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
    const counted = counting(body, start, archive, output);
    await pipeline(counted, createWriteStream(part, { flags: start === 0 ? 'w' : 'a' }));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw fetchError(`${archive.url} broke off (${reasonOf(error)}); what came is kept, run the same command again`);
  } finally {
    output.endFrame();
  }
}

async function ask(url: string, from: number): Promise<Response> {
  const response = await fetch(url, { headers: from === 0 ? {} : { range: `bytes=${from}-` } });
  if (response.ok && response.body) return response;
  throw fetchError(`${url} answered ${response.status} ${response.statusText}; name another address with --from`);
}

async function* counting(
  body: Readable,
  start: number,
  { bytes: whole }: Archive,
  output: Output,
): AsyncGenerator<Uint8Array> {
  let done = start;
  for await (const chunk of body) {
    done += (chunk as Uint8Array).length;
    // Nothing can make more of it than what was asked for.
    if (done > whole)
      throw fetchError(`more than the ${whole} bytes of the archive came; name another address with --from`);
    const bar = progressBar(done / whole, 30, output.look().unicode);
    output.frame([`  ${bar} ${formatBytes(done)} of ${formatBytes(whole)}`]);
    yield chunk as Uint8Array;
  }
}

const fetchError = (message: string): CliError => new CliError('E_FETCH', message);

/** Throws the archive away where it is another one, so that the next try starts afresh. */
async function check(part: string, { bytes, md5, url }: Archive): Promise<void> {
  const size = await sizeOf(part);
  if (size < bytes) throw fetchError(`${size} of ${bytes} bytes came from ${url}; run the same command again`);
  const hash = createHash('md5');
  await pipeline(createReadStream(part), hash);
  const seen = hash.digest('hex');
  if (seen === md5 && size === bytes) return;
  await rm(part);
  throw configError(
    'E_DATA_DIGEST',
    `the archive from ${url} has MD5 ${seen}, wanted ${md5}; name another address with --from`,
  );
}

/** The folder appears whole or not at all. */
async function unpack(part: string, folder: string): Promise<void> {
  const aside = `${folder}.unpacking`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside);
  await extract({ file: part, cwd: aside, strip: 1, strict: true, filter: (name) => !name.includes('..') });
  await rename(aside, folder);
  await rm(part);
}
