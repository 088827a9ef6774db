import { describe, expect, test } from '@jest/globals';
import { openPointBuffer } from './point-buffer.ts';
import { sampleCell, sampleSweep, sampleTrial } from './sample-rows.ts';
import type { StoredPoint } from './store.ts';

const { trialId } = sampleTrial(sampleCell(sampleSweep(), 0), 0);
const points = (from: number, count: number): StoredPoint[] =>
  Array.from({ length: count }, (_, index) => ({
    trialId,
    attempt: 1,
    epoch: from + index,
    name: 'train_mse',
    value: 1,
  }));

/** A store whose writes end when the test says so. */
function slowStore() {
  const writes: { points: readonly StoredPoint[]; done: () => void; fail: (error: Error) => void }[] = [];
  const appendPoints = (written: readonly StoredPoint[]) =>
    new Promise<void>((resolve, reject) => writes.push({ points: written, done: resolve, fail: reject }));
  return { writes, appendPoints };
}

/** Lets everything that is ready run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('point buffer', () => {
  test('writes a full batch at once, one write at a time, in order', async () => {
    const store = slowStore();
    const buffer = openPointBuffer(store, { batchMax: 10, flushMs: 60_000 });
    await buffer.add(points(0, 9));
    expect(store.writes).toHaveLength(0);
    await buffer.add(points(9, 16));
    expect(store.writes.map((write) => write.points.length)).toEqual([10]);
    store.writes[0]?.done();
    await settle();
    expect(store.writes.map((write) => write.points.length)).toEqual([10, 10]);
    const flushed = buffer.flush();
    store.writes[1]?.done();
    await settle();
    store.writes[2]?.done();
    await flushed;
    expect(store.writes.flatMap((write) => write.points)).toEqual(points(0, 25));
    expect(buffer.waiting).toBe(0);
  });

  test('writes a few points after a short while', async () => {
    const store = slowStore();
    const buffer = openPointBuffer(store, { flushMs: 1 });
    await buffer.add(points(0, 1));
    while (store.writes.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    store.writes[0]?.done();
    await buffer.flush();
    expect(buffer.waiting).toBe(0);
  });

  test('goes on after its timer found that everything was written already', async () => {
    const store = slowStore();
    const buffer = openPointBuffer(store, { flushMs: 5 });
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    await buffer.add(points(0, 1));
    await pause(20);
    // Comes while the first is written, and is written with it: what its timer finds is nothing.
    await buffer.add(points(1, 1));
    store.writes[0]?.done();
    await settle();
    store.writes[1]?.done();
    await pause(20);
    await buffer.add(points(2, 1));
    await pause(20);
    expect(store.writes.map((write) => write.points)).toEqual([points(0, 1), points(1, 1), points(2, 1)]);
    store.writes[2]?.done();
    await settle();
    expect(buffer.waiting).toBe(0);
  });

  test('makes who adds more than it may hold wait', async () => {
    const store = slowStore();
    const buffer = openPointBuffer(store, { batchMax: 10, pointsMax: 20, flushMs: 60_000 });
    await buffer.add(points(0, 20));
    let added = false;
    const third = buffer.add(points(20, 5)).then(() => (added = true));
    await settle();
    expect([added, buffer.waiting]).toEqual([false, 20]);
    store.writes[0]?.done();
    await third;
    expect(buffer.waiting).toBe(15);
    // One batch larger than the bound gets in when it is alone.
    const huge = buffer.add(points(100, 50));
    for (let at = 1; at < 9; at += 1) {
      await settle();
      store.writes[at]?.done();
    }
    await huge;
    await buffer.close();
    expect(store.writes.flatMap((write) => write.points)).toHaveLength(75);
  });

  test('a failed write fails everything after it, and is told once', async () => {
    const store = slowStore();
    const told: unknown[] = [];
    const buffer = openPointBuffer(store, { batchMax: 10, pointsMax: 10, onError: (error) => told.push(error) });
    const failure = new Error('disk full');
    await buffer.add(points(0, 10));
    const waiting = buffer.add(points(10, 10));
    const flushed = buffer.flush();
    store.writes[0]?.fail(failure);
    await expect(waiting).rejects.toBe(failure);
    await expect(flushed).rejects.toBe(failure);
    await expect(buffer.add(points(20, 1))).rejects.toBe(failure);
    expect(told).toEqual([failure]);
  });

  test('close writes what is left and takes no more', async () => {
    const store = slowStore();
    const buffer = openPointBuffer(store, { flushMs: 60_000 });
    await buffer.add(points(0, 3));
    const closed = buffer.close();
    store.writes[0]?.done();
    await closed;
    expect(store.writes.map((write) => write.points.length)).toEqual([3]);
    await expect(buffer.add(points(3, 1))).rejects.toThrow('closed');
  });
});
