import { decodeServer, encode, type MessageOf, type WorkerView } from '@gradpool/protocol';
import { expect, test } from '@jest/globals';
import { changesFrames, snapshotFrames } from './frame-split.ts';

const stats = {
  roomState: 'open' as const,
  workersConnected: 0,
  imagesPerSecond: 0,
  bytesIn: 0,
  bytesOut: 0,
  uptimeMs: 0,
};
const worker = (index: number): WorkerView => ({
  workerId: `01900000-0000-7000-8000-${String(index).padStart(12, '0')}` as WorkerView['workerId'],
  name: `worker ${index}`,
  kind: 'train',
  platform: 'test',
  backend: 'none',
  numericClass: 'test',
  trusted: false,
  connected: true,
  slots: 1,
  lastSeenAt: 0,
  leases: [],
  trialsCompleted: 0,
  trialsRejected: 0,
  ...{ removed: false, imagesPerSecond: 0, presentMs: 0, busyMs: 0, epochsVerified: 0, imagesVerified: 0 },
});
const workers = Array.from({ length: 2_500 }, (_, index) => worker(index));

function decode(frames: readonly Uint8Array[]) {
  return frames.map((frame) => {
    const decoded = decodeServer(frame);
    if (!decoded.ok) throw new Error(decoded.message);
    return decoded.message;
  });
}

test('[F3] changes of too many rows go out in several frames that hold each row once', () => {
  const changes: MessageOf<'changes'> = {
    type: 'changes',
    sweeps: [],
    workers,
    trials: [],
    cells: [],
    points: [],
    pictures: [],
    stats,
  };
  const messages = decode(changesFrames(changes)) as MessageOf<'changes'>[];
  expect(messages.length).toBeGreaterThan(1);
  expect(messages.flatMap((message) => message.workers)).toEqual(workers);
});

test('[F3] no frame is larger than allowed while it holds more than one row', () => {
  const changes: MessageOf<'changes'> = {
    type: 'changes',
    sweeps: [],
    workers: workers.slice(0, 64),
    trials: [],
    cells: [],
    points: [],
    pictures: [],
    stats,
  };
  const frames = changesFrames(changes, 4_000);
  expect(Math.max(...frames.map(({ length }) => length))).toBeLessThanOrEqual(4_000);
  expect((decode(frames) as MessageOf<'changes'>[]).flatMap((message) => message.workers)).toHaveLength(64);
});

test('[F3] a snapshot that is too large goes out empty, its rows behind it as changes', () => {
  const snapshot: MessageOf<'snapshot'> = { type: 'snapshot', version: 1, sweeps: [], workers, stats };
  expect(snapshotFrames({ ...snapshot, workers: [] })).toEqual([encode({ ...snapshot, workers: [] })]);
  const [first, ...rest] = decode(snapshotFrames(snapshot, 100_000));
  expect(first).toMatchObject({ type: 'snapshot', workers: [] });
  expect((rest as MessageOf<'changes'>[]).flatMap((message) => message.workers)).toEqual(workers);
});
