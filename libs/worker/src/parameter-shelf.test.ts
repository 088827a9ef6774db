import { expect, test } from '@jest/globals';
import type { MessageOf, TrialId, Work } from '@gradpool/protocol';
import { codecs, parameterBytes } from '@gradpool/tensors';
import { parameterShelf } from './parameter-shelf.ts';
import type { Platform } from './platform.ts';
import { workerLimits } from './worker-limits.ts';

const [trialId, other] = ['trial', 'other'] as TrialId[];
const never = new AbortController().signal;
const values = Float32Array.of(1, 2, 3);
const key = { seed: 1, stream: 2 };

const makeShelf = () => parameterShelf({ platform: {} as Platform, limits: workerLimits });

const part = (fields: Partial<MessageOf<'parameters'>> = {}): MessageOf<'parameters'> => ({
  ...{ type: 'parameters', trialId: trialId!, round: 4, from: null, total: 12, offset: 0 },
  bytes: parameterBytes(values),
  ...fields,
});

const micro = (round: number, of = trialId) =>
  ({ kind: 'micro', trialId: of, round, parameters: null }) as Extract<Work, { kind: 'micro' }>;
const lane = (round: number) =>
  ({ kind: 'lane', trialId, round, parameters: null, changes: [] as unknown }) as Extract<Work, { kind: 'lane' }>;

test('[M1] parameters are those of their round and trial, put together from their parts', async () => {
  const shelf = makeShelf();
  const bytes = parameterBytes(values);
  shelf.take(part({ bytes: bytes.subarray(0, 5) }));
  await expect(shelf.of(micro(4), never)).rejects.toMatchObject({ code: 'E_ARTIFACT_MISSING' });
  shelf.take(part({ offset: 5, bytes: bytes.subarray(5) }));
  expect(await shelf.of(micro(4), never)).toEqual(values);
  await expect(shelf.of(micro(5), never)).rejects.toMatchObject({ code: 'E_ARTIFACT_MISSING' });
  await expect(shelf.of(micro(4, other), never)).rejects.toMatchObject({ code: 'E_ARTIFACT_MISSING' });
});

test('[M1] parts that do not follow each other are no parameters; the next whole ones are', async () => {
  const shelf = makeShelf();
  const bytes = parameterBytes(values);
  shelf.take(part({ bytes: bytes.subarray(0, 5) }));
  shelf.take(part({ offset: 6, bytes: bytes.subarray(6) }));
  shelf.take(part({ offset: 5, bytes: bytes.subarray(5) }));
  await expect(shelf.of(micro(4), never)).rejects.toMatchObject({ code: 'E_ARTIFACT_MISSING' });
  shelf.take(part());
  expect(await shelf.of(micro(4), never)).toEqual(values);
});

test('[N2] changes lead from one round to the next, and what an earlier lease holds stays as it was', async () => {
  const shelf = makeShelf();
  shelf.take(part());
  const before = await shelf.of(lane(4), never, 'f32');
  for (const from of [4, 5]) {
    const bytes = codecs.f32.encode(Float32Array.of(1, 0, -1), key);
    shelf.take(part({ round: from + 1, from, total: bytes.length, bytes }));
  }
  expect(await shelf.of(lane(6), never, 'f32')).toEqual(Float32Array.of(3, 2, 1));
  expect(before).toEqual(values);
  await expect(shelf.of(lane(5), never, 'f32')).rejects.toMatchObject({ code: 'E_ARTIFACT_MISSING' });
});
