import { describe, expect, test } from '@jest/globals';
import type { Task } from '../worker/messages.ts';
import { faultText } from './faults.ts';
import { reduce, startState, type JoinEvent } from './join-state.ts';
import { headingOf, sentenceOf } from './task-text.ts';

const task: Task = { leaseId: 'a', kind: 'train', label: 'latent 8, noise 0.3, seed 0', epochs: 5, fromEpoch: 0 };
const at = (fraction: number, loss: number | null = 0.1, leaseId = 'a'): JoinEvent => ({
  type: 'moved',
  leaseId,
  moved: { epoch: Math.floor(5 * fraction), fraction, loss, imagesPerSecond: 1_000 },
});
const after = (...events: JoinEvent[]) =>
  events.reduce((state, event) => reduce(state, event, '0.1.0'), startState({ name: 'Ada', paused: false, share: 1 }));
const joined: JoinEvent[] = [
  { type: 'backend', backend: { name: 'wasm', imagesPerSecond: 5_000, flopsPerSecond: 1e9 }, engines: 2, report: [] },
  { type: 'joined', codeVersion: '0.1.0' },
];

describe('what the page says', () => {
  test('before anything is known, while joining, and without work', () => {
    expect(headingOf(after())).toBe('Getting ready');
    expect(headingOf(after(joined[0]!))).toBe('Joining the room');
    expect(headingOf(after(...joined))).toBe('Waiting for work');
  });

  test('what it trains, and how far it is', () => {
    const state = after(...joined, { type: 'began', task }, at(0.25));
    expect(headingOf(state)).toBe('Training');
    expect(sentenceOf(state)).toBe('latent 8, noise 0.3, seed 0, epoch 2 of 5');
    expect(sentenceOf(after(...joined, { type: 'began', task }, at(1)))).toContain('epoch 5 of 5');
    expect(sentenceOf(after(...joined, { type: 'began', task: { ...task, fromEpoch: 3 } }))).toContain('epoch 4 of 5');
  });

  test('what it fetches, in MB', () => {
    const state = after(...joined, { type: 'began', task }, { type: 'fetching', bytes: 54_880_032 });
    expect(headingOf(state)).toBe('Fetching the pictures');
    expect(sentenceOf(state)).toContain('55 MB');
  });

  test('that it trains on while the coordinator is gone, and joins again', () => {
    const gone: JoinEvent = { type: 'lost', message: 'code 1006', retryMs: 500 };
    expect(headingOf(after(...joined, { type: 'began', task }, gone))).toMatch('without the coordinator');
    expect(headingOf(after(...joined, gone))).toBe('Looking for the coordinator');
    expect(headingOf(after(...joined, gone, { type: 'joined', codeVersion: '0.1.0' }))).toBe('Waiting for work');
  });
});

describe('the curve', () => {
  test('goes on with every position and starts anew with every training', () => {
    const state = after(...joined, { type: 'began', task }, at(0.1, 0.5), at(0.15, null), at(0.2, 0.25));
    expect(state.curve).toEqual({ epochs: [0.5, 1], losses: [0.5, 0.25], total: 5 });
    const ended = reduce(state, { type: 'ended', leaseId: 'a', how: 'finished', failure: null }, '0.1.0');
    expect(ended.curve.epochs).toEqual([0.5, 1]);
    expect(reduce(ended, { type: 'began', task }, '0.1.0').curve.epochs).toEqual([]);
  });

  test('keeps a bounded number of points over the whole range', () => {
    const moves = Array.from({ length: 5_000 }, (_, i) => at(i / 5_000, i));
    const { epochs } = after(...joined, { type: 'began', task }, ...moves).curve;
    expect(epochs.length).toBeLessThanOrEqual(1_000);
    expect(epochs.length).toBeGreaterThan(400);
    expect(epochs[0]).toBe(0);
    expect(epochs.at(-1)).toBeGreaterThan(4.9);
  });
});

describe('several trainings at once', () => {
  const other: Task = { ...task, leaseId: 'b', label: 'latent 2, noise 0, seed 0' };
  const preview = { count: 8 } as Extract<JoinEvent, { type: 'previewed' }>['preview'];
  const both = after(
    ...joined,
    { type: 'began', task },
    { type: 'began', task: other },
    at(0.2, 0.5, 'a'),
    at(0.6, 0.3, 'b'),
  );

  test('are counted, and the first is shown in detail', () => {
    expect(headingOf(both)).toBe('2 trainings at once');
    expect(sentenceOf(both)).toContain('latent 8');
    expect(both.curve.losses).toEqual([0.5]);
    const pictured = reduce(both, { type: 'previewed', leaseId: 'b', preview }, '0.1.0');
    expect(pictured.preview).toBeNull();
    expect(reduce(pictured, { type: 'previewed', leaseId: 'a', preview }, '0.1.0').preview).toBe(preview);
  });

  test('when the first ends, the next comes to the fore with its curve so far', () => {
    const left = reduce(both, { type: 'ended', leaseId: 'a', how: 'finished', failure: null }, '0.1.0');
    expect(headingOf(left)).toBe('Training');
    expect(sentenceOf(left)).toBe('latent 2, noise 0, seed 0, epoch 4 of 5');
    expect(left.curve).toMatchObject({ epochs: [3], losses: [0.3] });
    const none = reduce(left, { type: 'ended', leaseId: 'b', how: 'handedBack', failure: null }, '0.1.0');
    expect(none).toMatchObject({ trainings: [], finished: 1, curve: { losses: [0.3] } });
  });
});

describe('endings', () => {
  test('a finished lease counts, and a failure is shown until one ends well', () => {
    const failure = { code: 'E_NAN_LOSS', message: 'loss became NaN' };
    const failed = after(...joined, { type: 'began', task }, { type: 'ended', leaseId: 'a', how: 'failed', failure });
    expect(failed).toMatchObject({ finished: 0, failure, trainings: [] });
    const good = reduce(failed, { type: 'ended', leaseId: 'a', how: 'finished', failure: null }, '0.1.0');
    expect(good).toMatchObject({ finished: 1, failure: null });
  });

  test('leaving and stopping are different', () => {
    expect(after(...joined, { type: 'over', failure: null }).stage).toEqual({ at: 'left' });
    const failure = { code: 'E_TOKEN', message: '' };
    expect(after({ type: 'over', failure }).stage).toEqual({ at: 'stopped', failure });
  });

  test('another version of the coordinator is noticed, another build of the same is not', () => {
    const over: JoinEvent = { type: 'room', state: 'ended' };
    expect(headingOf(after(...joined, over))).toBe('The lesson is over');
    expect(headingOf(after(...joined, over, { type: 'room', state: 'open' }))).toBe('Waiting for work');
    expect(after({ type: 'joined', codeVersion: '0.2.0' }).newVersion).toBe('0.2.0');
    expect(after({ type: 'joined', codeVersion: '0.1.0+abc' }).newVersion).toBeNull();
  });

  test('every fault has words, also one that nobody foresaw', () => {
    expect(faultText({ code: 'E_TOKEN', message: '' })).toMatchObject({
      title: 'This link is not valid',
      again: false,
    });
    expect(faultText({ code: 'E_ODD', message: 'gears' }).text).toBe('gears (E_ODD)');
  });
});
