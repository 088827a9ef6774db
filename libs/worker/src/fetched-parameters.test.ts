import { expect, test } from '@jest/globals';
import type { ArtifactRef, Digest } from '@gradpool/protocol';
import { parameterBytes, parametersSha256 } from '@gradpool/tensors';
import { fetchedParameters } from './fetched-parameters.ts';
import type { Platform } from './platform.ts';
import { workerLimits } from './worker-limits.ts';

const values = Float32Array.of(1, 2, 3);
const ref: ArtifactRef = { sha256: parametersSha256(values) as Digest, bytes: 12 };
const never = new AbortController().signal;

/** A shelf whose fetches are answered one by one. */
function makeShelf() {
  const asked: { answer: () => void; fail: () => void }[] = [];
  const platform = {
    random: () => 0,
    sha256: () => Promise.resolve(ref.sha256),
    getArtifact: () =>
      new Promise((resolve, reject) => {
        asked.push({
          answer: () => resolve(parameterBytes(values)),
          fail: () => reject(new Error('dropped')),
        });
      }),
  } as unknown as Platform;
  return { asked, shelf: fetchedParameters({ platform, limits: workerLimits }) };
}

test('leases of one round that begin together fetch once', async () => {
  const { asked, shelf } = makeShelf();
  const both = [shelf(ref, never), shelf(ref, never)];
  asked[0]!.answer();
  expect(await Promise.all(both)).toEqual([values, values]);
  expect(await shelf(ref, never)).toEqual(values);
  expect(asked).toHaveLength(1);
});

test('a fetch that was dropped with its lease is made anew for the next', async () => {
  const { asked, shelf } = makeShelf();
  const first = shelf(ref, never);
  const second = shelf(ref, never);
  asked[0]!.fail();
  await expect(first).rejects.toThrow('dropped');
  while (asked.length < 2) await Promise.resolve();
  asked[1]!.answer();
  expect(await second).toEqual(values);
});
