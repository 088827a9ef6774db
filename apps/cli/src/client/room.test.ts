import { describe, expect, test } from '@jest/globals';
import { emptyRoom, noTrials, withMessage, type MessageOf } from '@gradpool/protocol';
import { id, sampleLease, sampleStats, sampleSweep, sampleWorker, settledSweep } from '../testing/sample-room.ts';
import { connectedWorkers, focusOf, fractionDone, isSettled } from './room.ts';

const changes = (parts: Partial<MessageOf<'changes'>>): MessageOf<'changes'> => ({
  ...{ type: 'changes', sweeps: [], workers: [], trials: [], cells: [], points: [], pictures: [] },
  stats: sampleStats(),
  ...parts,
});

const snapshot = () =>
  withMessage(emptyRoom, {
    type: 'snapshot',
    version: 1,
    sweeps: [sampleSweep()],
    workers: [sampleWorker(1), sampleWorker(2)],
    stats: sampleStats(),
  });

test('changes replace what they name and leave the rest', () => {
  const room = withMessage(snapshot(), changes({ workers: [sampleWorker(1, { connected: false })] }));
  expect(connectedWorkers(room).map((worker) => worker.name)).toEqual(['worker-2']);
  expect(room.sweeps.size).toBe(1);
});

test('a new snapshot forgets what was known before', () => {
  const room = withMessage(snapshot(), { type: 'snapshot', version: 1, sweeps: [], workers: [], stats: sampleStats() });
  expect([room.sweeps.size, room.workers.size]).toEqual([0, 0]);
});

test('other messages change nothing', () => {
  const room = snapshot();
  expect(withMessage(room, { type: 'error', code: 'E_RATE', message: 'too many' })).toBe(room);
});

test('workers stand in the order of their numbers, evaluators last', () => {
  const workers = [sampleWorker(99, { name: 'a-evaluator', kind: 'evaluate' }), sampleWorker(10), sampleWorker(9)];
  const room = withMessage(emptyRoom, changes({ workers }));
  expect(connectedWorkers(room).map((worker) => worker.name)).toEqual(['worker-9', 'worker-10', 'a-evaluator']);
});

test('running trials count by their progress, and a copy not twice', () => {
  const lease = (n: number, fraction: number, trial: number) =>
    sampleWorker(n, { leases: [sampleLease({ leaseId: id(n), trialId: id(trial), fraction })] });
  const sweep = sampleSweep({ trials: { ...noTrials, running: 2, complete: 1, waiting: 1 } });
  const room = withMessage(emptyRoom, changes({ workers: [lease(1, 0.5, 7), lease(2, 0.25, 7), lease(3, 0.25, 8)] }));
  expect(fractionDone(room, sweep)).toBeCloseTo((1 + 0.95 * 0.75) / 4);
  const checked = sampleSweep({ trials: { ...noTrials, verifying: 2 } });
  expect(fractionDone(emptyRoom, checked)).toBeCloseTo(0.95);
  expect(fractionDone(emptyRoom, settledSweep())).toBe(1);
  expect(fractionDone(emptyRoom, sampleSweep({ trials: noTrials }))).toBe(0);
});

test('a sweep is settled when its baselines are there too', () => {
  expect(isSettled(settledSweep())).toBe(true);
  expect(isSettled(settledSweep({ baselinesWaiting: 1 }))).toBe(false);
  expect(isSettled(sampleSweep({ state: 'paused' }))).toBe(false);
  expect(isSettled(sampleSweep({ state: 'cancelled' }))).toBe(true);
});

describe('the sweep to look at', () => {
  const older = settledSweep({ sweepId: id(1), name: 'older', createdAt: 1 });
  const running = sampleSweep({ sweepId: id(2), name: 'running', createdAt: 2 });
  const newer = settledSweep({ sweepId: id(3), name: 'newer', createdAt: 3 });
  const room = withMessage(emptyRoom, changes({ sweeps: [older, running, newer] }));

  test('a running one before a finished one that was asked for', () => {
    expect(focusOf(room, older.sweepId)?.name).toBe('running');
    expect(focusOf(room, null)?.name).toBe('running');
  });

  test('nothing running: the one asked for, else the newest', () => {
    const quiet = withMessage(emptyRoom, changes({ sweeps: [older, newer] }));
    expect(focusOf(quiet, older.sweepId)?.name).toBe('older');
    expect(focusOf(quiet, null)?.name).toBe('newer');
    expect(focusOf(emptyRoom, null)).toBeNull();
  });
});
