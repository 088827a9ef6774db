import { expect, test } from '@jest/globals';
import { emptyRoom, noTrials, type Digest, type TrialId, type WatchedRoom, type WorkerId } from '@gradpool/protocol';
import { fractionDone } from '../client/room.ts';
import { id, sampleLease, sampleStats, sampleSweep, sampleWorker, settledSweep } from '../testing/sample-room.ts';
import { plainLines, screenLines, type Scene } from './live-screen.ts';
import { openPaint, plainLook } from './paint.ts';

const roomOf = (workers: ReturnType<typeof sampleWorker>[], sweeps = [sampleSweep()]): WatchedRoom => ({
  ...emptyRoom,
  sweeps: new Map(sweeps.map((sweep) => [sweep.sweepId, sweep])),
  workers: new Map(workers.map((worker) => [worker.workerId, worker])),
  stats: sampleStats(),
});

const evaluator = () =>
  sampleWorker(99, { name: 'evaluator', kind: 'evaluate', leases: [sampleLease({ kind: 'baseline' })] });

const scene = (room: WatchedRoom, changes: Partial<Scene> = {}): Scene => ({
  url: 'http://127.0.0.1:4710',
  room,
  connected: true,
  wanted: null,
  children: [],
  ownOnly: false,
  elapsedMs: 72_000,
  rows: 30,
  hint: 'Ctrl-C stops; what is done is kept',
  ...changes,
});

test('the live screen', () => {
  const idle = sampleWorker(2, { leases: [] });
  expect(screenLines(scene(roomOf([evaluator(), idle, sampleWorker(1)])), plainLook(80))).toEqual([
    '',
    '  gradpool  http://127.0.0.1:4710  1 min 12 s',
    '',
    '  quickstart  ███████████████░░░░░░░░░░░░░░░  4 of 9 cells done',
    '  trials: 3 waiting, 2 training; about 2 min left',
    '',
    '  worker      does                                 epoch     loss   images/s',
    '  worker-1    trains latent 8, noise 0.3, seed 0     2/5   0.0231     24,310',
    '  worker-2    waits for work',
    '  evaluator   computes the baselines',
    '',
    '  48,290 images/s in all, 3 workers, traffic 45.1 MB out, 12.3 MB in',
    '  Ctrl-C stops; what is done is kept',
  ]);
});

test('a pooled run: where it stands, how fast together, and the digest to compare', () => {
  const helpers = [1, 2].map((n) => ({
    workerId: id<WorkerId>(n),
    name: `worker-${n}`,
    images: 10,
    imagesPerSecond: 2_500,
    pace: n === 1 ? ('even' as const) : ('slow' as const),
  }));
  const run = {
    ...{ trialId: id<TrialId>(50), round: 120, rounds: 1_410, images: 61_440, imagesPerSecond: 4_500, loss: 0.0231 },
    ...{ parameters: 'ab'.repeat(32) as Digest, local: null, helpers },
    ...{ bytesUp: 12_300_000, bytesDown: 980, refused: 1, validation: { epoch: 3, mse: 0.0276 } },
  };
  const helping = sampleWorker(1, { leases: [sampleLease({ kind: 'micro', imagesPerSecond: 2_500 })] });
  const room = roomOf([helping], [sampleSweep({ pooledRuns: [run] })]);
  expect(screenLines(scene(room), plainLook(90)).slice(5, 12)).toEqual([
    "  round 120 of 1,410, loss 0.0231, 4,500 images/s (90 % of its workers' speed)",
    '  validation error 0.0276 after epoch 3',
    '  2 helpers, 12.3 MB up, 980 B down, 1 part refused, slow: worker-2',
    `  parameters ${'ab'.repeat(32)}`,
    '',
    '  worker     does                                         epoch     loss   images/s',
    '  worker-1   helps to train latent 8, noise 0.3, seed 0     2/5   0.0231      2,500',
  ]);
  expect(plainLines(scene(room), plainLook(90))[1]).toContain('round 120 of 1,410');
  const local = { lanes: 3, staleness: 1, late: 2 };
  const loose = roomOf([helping], [sampleSweep({ pooledRuns: [{ ...run, local, validation: null }] })]);
  expect(screenLines(scene(loose), plainLook(90)).slice(5, 8)).toEqual([
    "  round 120 of about 1,410, loss 0.0231, 4,500 images/s (90 % of its workers' speed)",
    '  2 helpers, 12.3 MB up, 980 B down, 1 part refused, slow: worker-2',
    '  local, not bit-reproducible: 3 lanes, latest change 1 round late, 2 too late',
  ]);
  expect(fractionDone(room, sampleSweep({ pooledRuns: [run] }))).toBeGreaterThan(fractionDone(room, sampleSweep()));
});

test('own processes that are not in the room yet, or are leaving it, say so', () => {
  const one = sampleWorker(1);
  const children = [
    { name: 'worker-1', state: 'draining', workerId: one.workerId },
    { name: 'worker-2', state: 'starting', workerId: null },
    { name: 'worker-3', state: 'waiting', workerId: null },
    { name: 'worker-4', state: 'failed', workerId: null },
    { name: 'worker-5', state: 'gone', workerId: null },
  ] as const;
  expect(screenLines(scene(roomOf([one]), { children }), plainLook(80)).slice(7, 12)).toEqual([
    '  worker-1   hands its work back',
    '  worker-2   starts up and measures its speed',
    '  worker-3   died, starts again soon',
    '  worker-4   died, stays down (see above)',
    '',
  ]);
});

test('a machine that lends its workers sees its own only', () => {
  const [one, two] = [sampleWorker(1), sampleWorker(2)];
  const children = [{ name: 'here-1', state: 'running', workerId: two.workerId }] as const;
  const text = screenLines(scene(roomOf([one, two]), { children, ownOnly: true }), plainLook(80)).join('\n');
  expect(text).toContain('worker-2');
  expect(text).not.toContain('worker-1');
});

test('[O1] 30 workers: the first few and how many more, never higher or wider than the terminal', () => {
  const room = roomOf(Array.from({ length: 30 }, (_, i) => sampleWorker(i + 1)));
  for (const [columns, rows] of [
    [80, 24],
    [120, 50],
    [40, 20],
  ] as const) {
    const lines = screenLines(scene(room, { rows }), plainLook(columns));
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    const shown = lines.filter((line) => line.includes('worker-')).length;
    expect(lines).toContain(`  and ${30 - shown} more`);
  }
});

test('before there is a sweep, a worker or a figure, the screen says what is missing', () => {
  expect(screenLines(scene(emptyRoom, { connected: false }), plainLook(80))).toEqual([
    '',
    '  gradpool  http://127.0.0.1:4710  connecting …',
    '',
    '  no sweep yet: gradpool sweep run FILE',
    '',
    '  no workers yet',
    '',
    '  no figures yet',
    '  Ctrl-C stops; what is done is kept',
  ]);
});

test.each([
  [sampleSweep({ etaMs: null }), 'trials: 3 waiting, 2 training; time left: not known yet'],
  [
    sampleSweep({ state: 'paused' }),
    'trials: 3 waiting, 2 training; paused; go on with: gradpool sweep resume quickstart',
  ],
  [settledSweep(), 'all trials done; complete'],
  [settledSweep({ baselinesWaiting: 2 }), 'all trials done; computing 2 baselines'],
  [settledSweep({ trials: { ...noTrials, complete: 8, failed: 1 } }), 'trials: 1 failed; complete'],
  [settledSweep({ trials: { ...noTrials, complete: 2, pruned: 7 } }), 'trials: 7 stopped early; complete'],
  [sampleSweep({ trials: { ...noTrials, verifying: 1 } }), 'trials: 1 being checked; about 2 min left'],
])('what is said beside the bar %#', (sweep, remark) => {
  expect(screenLines(scene(roomOf([], [sweep])), plainLook(90))[4]).toBe(`  ${remark}`);
});

test('colours stay within the width', () => {
  const look = { ...plainLook(60), paint: openPaint(true) };
  const lines = screenLines(scene(roomOf([sampleWorker(1)])), look);
  // eslint-disable-next-line no-control-regex
  for (const line of lines) expect(line.replace(/\u001B\[\d+m/g, '').length).toBeLessThanOrEqual(60);
  expect(lines.join('')).toContain('\u001B[');
});

test('for a file: a line on the sweep, then one per worker that trains', () => {
  const room = roomOf([sampleWorker(1), sampleWorker(2), evaluator()]);
  expect(plainLines(scene(room), plainLook(160))).toEqual([
    'quickstart: 4 of 9 cells done; about 2 min left; 48,290 images/s in all, 3 workers, traffic 45.1 MB out, 12.3 MB in',
    '  worker-1 trains latent 8, noise 0.3, seed 0: epoch 2/5, loss 0.0231, 24,310 images/s',
    '  worker-2 trains latent 8, noise 0.3, seed 0: epoch 2/5, loss 0.0231, 24,310 images/s',
  ]);
  const many = roomOf(Array.from({ length: 30 }, (_, i) => sampleWorker(i + 1)));
  expect(plainLines(scene(many), plainLook(160)).at(-1)).toBe('  and 22 more');
});
