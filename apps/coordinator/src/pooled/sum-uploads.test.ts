import { expect, test } from '@jest/globals';
import type { Digest } from '@gradpool/protocol';
import { digestOf } from '../testing/weights.ts';
import { SumUploads } from './sum-uploads.ts';

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 3) yield Promise.resolve(bytes.subarray(at, at + 3));
}

function makeUploads() {
  const time = { now: 0 };
  const limits = { sumUploadBytesMax: 20, sumUploadMs: 1_000, vectorSharedBytesMin: 8 };
  const uploads = new SumUploads({ limits, clock: () => time.now });
  const put = (bytes: Uint8Array, announced = bytes.length) =>
    uploads.put(digestOf(bytes) as Digest, chunks(bytes), announced);
  return { time, uploads, put };
}

const bytesOf = (first: number): Uint8Array => Uint8Array.from({ length: 8 }, (_, i) => first + i);
const nameOf = (first: number): Digest => digestOf(bytesOf(first)) as Digest;

test('[P1] an upload for a round is there until it is removed, and again is harmless', async () => {
  const { uploads, put } = makeUploads();
  expect(await put(bytesOf(0))).toEqual({ bytes: 8, created: true });
  expect(await put(bytesOf(0))).toEqual({ bytes: 8, created: false });
  expect(uploads.find(nameOf(0))).toEqual(bytesOf(0));
  uploads.remove(nameOf(0));
  expect(uploads.find(nameOf(0))).toBeNull();
});

test('[P1] without room, or a length, nothing is read; what nobody named makes room after a while', async () => {
  const { time, uploads, put } = makeUploads();
  await Promise.all([put(bytesOf(0)), put(bytesOf(1))]);
  expect(await put(bytesOf(2))).toBeNull();
  expect(await put(bytesOf(2), 0)).toBeNull();
  time.now = 1_001;
  expect(await put(bytesOf(2))).toEqual({ bytes: 8, created: true });
  expect([0, 1, 2].map((first) => uploads.find(nameOf(first)) !== null)).toEqual([false, false, true]);
  time.now = 2_002;
  uploads.dropOld();
  expect(uploads.find(nameOf(2))).toBeNull();
});

test('[P1] other bytes than named, or of another length, are refused and take no room', async () => {
  const { uploads, put } = makeUploads();
  for (let time = 0; time < 5; time += 1) {
    await expect(uploads.put(nameOf(1), chunks(bytesOf(0)), 8)).rejects.toMatchObject({ code: 'E_ARTIFACT_DIGEST' });
    await expect(put(bytesOf(0), 9)).rejects.toMatchObject({ code: 'E_ARTIFACT_DIGEST' });
    await expect(put(bytesOf(0), 7)).rejects.toMatchObject({ code: 'E_ARTIFACT_UPLOAD' });
  }
  expect(await put(bytesOf(0))).toEqual({ bytes: 8, created: true });
});
