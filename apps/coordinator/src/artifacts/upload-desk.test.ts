import type { Digest } from '@gradpool/protocol';
import { httpLimits } from '@gradpool/protocol';
import { expect, test } from '@jest/globals';
import { Fault } from '../fault.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { UploadDesk } from './upload-desk.ts';

const name = 'a'.repeat(64) as Digest;
const nothing: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

function makeDesk(put: ArtifactStore['put']) {
  const faults: Fault[] = [];
  const artifacts = { put } as ArtifactStore;
  const sums = { put: () => Promise.resolve(null) };
  const onFatal = (fault: Fault) => faults.push(fault);
  return { faults, desk: new UploadDesk({ artifacts, sums, uploadsMax: 1, onFatal }) };
}

test('[L4] a full disk refuses the upload and ends the process', async () => {
  const full = new Fault('E_DISK_FULL', 'the disk is full', { status: 507 });
  const { desk, faults } = makeDesk(() => Promise.reject(full));
  await expect(desk.take(name, nothing, 0)).rejects.toBe(full);
  expect(faults).toEqual([full]);
});

test('[A3] so many uploads at a time; a broken one makes room again and ends nothing', async () => {
  let fail = (_error: Fault): void => undefined;
  const { desk, faults } = makeDesk(() => new Promise((_resolve, reject) => (fail = reject)));
  const first = desk.take(name, nothing, 0);
  await expect(desk.take(name, nothing, 0)).rejects.toMatchObject({ code: 'E_FULL', status: 503 });
  fail(new Fault('E_ARTIFACT_DIGEST', 'other bytes', { status: 422 }));
  await expect(first).rejects.toMatchObject({ code: 'E_ARTIFACT_DIGEST' });
  const again = desk.take(name, nothing, 0);
  fail(new Fault('E_ARTIFACT_UPLOAD', 'aborted'));
  await expect(again).rejects.toMatchObject({ code: 'E_ARTIFACT_UPLOAD' });
  expect(faults).toEqual([]);
});

test('[A3] an upload that announces too many bytes is refused before it is read', async () => {
  const { desk } = makeDesk(() => Promise.reject(new Error('was read')));
  await expect(desk.take(name, nothing, httpLimits.artifactBytesMax + 1)).rejects.toMatchObject({
    code: 'E_ARTIFACT_TOO_LARGE',
    status: 413,
  });
});
