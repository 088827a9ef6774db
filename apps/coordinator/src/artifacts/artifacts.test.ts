import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Digest } from '@gradpool/protocol';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestOf } from '../testing/weights.ts';
import { startFiniteScan } from './finite-scan.ts';
import { openFolderArtifacts } from './folder-artifacts.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'gradpool-artifacts-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const floats = (...values: number[]): Buffer => Buffer.from(new Float32Array(values).buffer);
const nameOf = (bytes: Uint8Array): Digest => digestOf(bytes) as Digest;
const stream = (...chunks: Uint8Array[]): AsyncIterable<Uint8Array> => Readable.from(chunks);

async function textOf(readable: Readable | null): Promise<Buffer | null> {
  return readable ? Buffer.concat((await readable.toArray()) as Buffer[]) : null;
}

describe('folder', () => {
  test('[A1] keeps bytes under their digest; putting them again changes nothing', async () => {
    const artifacts = await openFolderArtifacts(dir);
    const bytes = floats(1, 2, 3);
    expect(await artifacts.put(nameOf(bytes), stream(bytes))).toEqual({ bytes: 12, created: true });
    expect(await artifacts.put(nameOf(bytes), stream())).toEqual({ bytes: 12, created: false });
    expect(await textOf(await artifacts.read(nameOf(bytes)))).toEqual(bytes);
    expect(artifacts.find(nameOf(bytes))).toMatchObject({ bytes: 12, finite: true });
  });

  test('[A1] bytes of another digest, too many bytes and a broken upload leave nothing behind', async () => {
    const artifacts = await openFolderArtifacts(dir, { bytesMax: 8 });
    const name = nameOf(floats(1));
    await expect(artifacts.put(name, stream(floats(2)))).rejects.toMatchObject({
      code: 'E_ARTIFACT_DIGEST',
      status: 422,
    });
    await expect(artifacts.put(name, stream(floats(1, 2), floats(3)))).rejects.toMatchObject({
      code: 'E_ARTIFACT_TOO_LARGE',
      status: 413,
    });
    async function* breaks(): AsyncGenerator<Uint8Array> {
      yield floats(1);
      await Promise.reject(new Error('aborted'));
    }
    await expect(artifacts.put(name, breaks())).rejects.toMatchObject({ code: 'E_ARTIFACT_UPLOAD' });
    expect(artifacts.find(name)).toBeNull();
    expect(await readdir(path.join(dir, 'incoming'))).toEqual([]);
  });

  test('[A1] two uploads of the same bytes at once both succeed', async () => {
    const artifacts = await openFolderArtifacts(dir);
    const bytes = floats(5);
    await Promise.all([artifacts.put(nameOf(bytes), stream(bytes)), artifacts.put(nameOf(bytes), stream(bytes))]);
    expect(await textOf(await artifacts.read(nameOf(bytes)))).toEqual(bytes);
  });

  test('[A1] a restart finds what is there, forgets half-written files, and learns finiteness by reading', async () => {
    const [good, bad] = [floats(1), floats(1, NaN)];
    const first = await openFolderArtifacts(dir);
    for (const bytes of [good, bad]) await first.put(nameOf(bytes), stream(bytes));
    await writeFile(path.join(dir, 'incoming', 'half'), 'x');
    const second = await openFolderArtifacts(dir);
    expect([...second.list()].map(({ bytes, finite }) => [bytes, finite]).sort()).toEqual([
      [4, null],
      [8, null],
    ]);
    expect([await second.isFinite(nameOf(good)), await second.isFinite(nameOf(bad))]).toEqual([true, false]);
    expect(await readdir(path.join(dir, 'incoming'))).toEqual([]);
  });

  test('[A1] a removed one is gone', async () => {
    const artifacts = await openFolderArtifacts(dir);
    const bytes = floats(1);
    await artifacts.put(nameOf(bytes), stream(bytes));
    await artifacts.remove(nameOf(bytes));
    expect([artifacts.find(nameOf(bytes)), await artifacts.read(nameOf(bytes))]).toEqual([null, null]);
  });
});

describe('finite scan', () => {
  const cut = (bytes: Uint8Array, size: number): Uint8Array[] =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, part) => bytes.subarray(part * size, (part + 1) * size));

  test.each([1, 2, 3, 5, 7, 64])('cut into chunks of %i bytes', (size) => {
    const largest = 3.4028234663852886e38;
    const verdict = (...values: number[]): boolean => {
      const scan = startFiniteScan();
      for (const chunk of cut(floats(...values), size)) scan.push(chunk);
      return scan.finite();
    };
    expect(verdict(0, -0, 1, -1, 1e-45, largest, -largest)).toBe(true);
    for (const odd of [NaN, Infinity, -Infinity]) {
      expect([verdict(odd, 1, 2), verdict(1, odd, 2), verdict(1, 2, odd)]).toEqual([false, false, false]);
    }
  });

  test('a length that is no multiple of 4 is no list of floats', () => {
    const scan = startFiniteScan();
    scan.push(new Uint8Array(5));
    expect(scan.finite()).toBe(false);
  });
});
