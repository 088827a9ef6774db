import { expect, test } from '@jest/globals';
import { lentVectors } from './lent-vectors.ts';

/** A computation that ends when the test says so. */
function held() {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}

function counted() {
  const rooms: Float32Array[] = [];
  const lent = lentVectors((length) => {
    const room = new Float32Array(length);
    rooms.push(room);
    return room;
  });
  return { lent, rooms };
}

test('readers of one vector share a copy; the next vector takes its room once all have ended', async () => {
  const { lent, rooms } = counted();
  const [first, second] = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
  const [a, b] = [held(), held()];
  const seen: Float32Array[] = [];
  const reading = [a, b].map(({ ended }) =>
    lent.during(first, async (shared) => {
      seen.push(shared);
      await ended;
      return [...shared];
    }),
  );
  expect(seen[0]).toBe(seen[1]);
  a.end();
  expect(await reading[0]).toEqual([1, 2]);
  // The other one still reads: the next vector must not overwrite it.
  expect(await lent.during(second, (shared) => Promise.resolve([...shared]))).toEqual([3, 4]);
  b.end();
  expect(await reading[1]).toEqual([1, 2]);
  expect(rooms).toHaveLength(2);
  await lent.during(Float32Array.of(5, 6), () => Promise.resolve());
  expect(rooms).toHaveLength(2);
});

test('a computation that fails gives its room back', async () => {
  const { lent, rooms } = counted();
  for (let k = 0; k < 3; k += 1) {
    await expect(lent.during(Float32Array.of(k), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  }
  expect(rooms).toHaveLength(1);
});

test('vectors of another length get their own room, and the old one is dropped', async () => {
  const { lent, rooms } = counted();
  for (const length of [2, 3, 2]) {
    await lent.during(new Float32Array(length), (shared) => {
      expect(shared).toHaveLength(length);
      return Promise.resolve();
    });
  }
  expect(rooms).toHaveLength(3);
});
