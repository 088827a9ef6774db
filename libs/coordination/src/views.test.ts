import { describe, expect, test } from '@jest/globals';
import { evaluator, idOf, leasesSent, openRoom, plan, trained, trainer, workerOf } from './fixtures.ts';
import { attemptOf, measureNames, measuresOf, provenanceOf, sweepView, trialView, workerView } from './index.ts';

const sweepId = idOf(1, 0) as never;

describe('views', () => {
  test('[W1] the time left is the work left over the summed speed', () => {
    const room = openRoom();
    room.submit(plan({ cells: [10, 10, 10, 10], seeds: 1 }));
    expect(sweepView(room.state, sweepId, 0)?.etaMs).toBeNull();
    room.join(trainer('a', { flopsPerSecond: 1 }), trainer('b', { flopsPerSecond: 3 }));
    expect(sweepView(room.state, sweepId, 0)?.etaMs).toBe(10_000);
    const grant = room.pull('b');
    room.progress('b', grant, 0.4);
    expect(sweepView(room.state, sweepId, 0)?.etaMs).toBe(9_000);
    expect(sweepView(room.state, sweepId, 1_000)?.etaMs).toBe(8_000);
  });

  test('[W1] it is no less than the running trial that ends last', () => {
    const room = openRoom();
    room.submit(plan({ cells: [100], seeds: 1 }));
    room.join(trainer('a', { flopsPerSecond: 1 }), trainer('b', { flopsPerSecond: 99 }));
    room.pull('a');
    expect(sweepView(room.state, sweepId, 0)?.etaMs).toBe(100_000);
  });

  test('[W1] nobody is told of times beyond all measure', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a', { flopsPerSecond: 1e-300 }));
    expect(sweepView(room.state, sweepId, 0)?.etaMs).toBeNull();
  });

  test('[W1] a paused sweep has no time left to tell, and a finished one needs none', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'));
    room.say({ type: 'sweepCommanded', requestId: 'r', sweepId, command: 'pause' });
    expect(sweepView(room.state, sweepId, 0)?.etaMs).toBeNull();
    room.say({ type: 'sweepCommanded', requestId: 'r', sweepId, command: 'cancel' });
    expect(sweepView(room.state, sweepId, 0)?.etaMs).toBe(0);
  });

  test('[W2] a worker shows what it trains in words for people', () => {
    const room = openRoom();
    room.submit(plan({ cells: [5], seeds: 1 }));
    room.join(trainer('a'));
    const grant = room.pull('a');
    room.progress('a', grant, 0.35);
    expect(workerView(room.state, workerOf('a'))).toMatchObject({
      name: 'a',
      connected: true,
      leases: [{ label: 'latent 0, seed 0', kind: 'train', epoch: 3, fraction: 0.35, imagesPerSecond: 5, copy: false }],
    });
  });

  test('[W2] the label leaves out what is the same in every cell', () => {
    const room = openRoom();
    const planned = plan({ cells: [5, 6], seeds: 1 });
    const cells = planned.cells.map((cell) => ({ ...cell, parameters: { epochs: 2, ...cell.parameters } }));
    room.submit({ ...planned, cells });
    room.join(trainer('a'));
    room.pull('a');
    expect(workerView(room.state, workerOf('a'))?.leases[0]?.label).toMatch(/^latent \d, seed 0$/);
  });

  test('[W3] metric points are named by the attempt of a live training lease only', () => {
    const room = openRoom();
    room.submit(plan({ cells: [5], seeds: 1 }));
    room.join(trainer('a'));
    const { lease } = room.pull('a');
    const named = { trialId: room.trial().trialId, attempt: 1, workerId: workerOf('a') };
    expect(attemptOf(room.state, lease)).toEqual(named);
    expect(attemptOf(room.state, { ...lease, fence: 9 })).toBeNull();
    room.result('a', { lease });
    expect(attemptOf(room.state, lease)).toBeNull();
  });

  test('[W4] what is unknown is null', () => {
    const room = openRoom();
    const nobody = idOf(8, 1) as never;
    expect([sweepView(room.state, nobody, 0), trialView(room.state, nobody), workerView(room.state, nobody)]).toEqual([
      null,
      null,
      null,
    ]);
    expect(leasesSent(room.ask('z'))).toEqual([]);
  });

  test('[W5] a worker shows how long it was here, and how much of that with work in hand', () => {
    const room = openRoom();
    room.submit(plan({ cells: [5], seeds: 1 }));
    room.join(trainer('a'));
    const shown = () => {
      const view = workerView(room.state, workerOf('a'));
      return [view?.presentMs, view?.busyMs];
    };
    room.wait(1_000);
    const grant = room.pull('a');
    room.wait(3_000);
    expect(shown()).toEqual([4_000, 3_000]);
    room.result('a', grant);
    room.wait(500);
    expect(shown()).toEqual([4_500, 3_000]);
    room.say({ type: 'workerLeft', workerId: workerOf('a'), orderly: true });
    room.wait(9_000);
    expect(shown()).toEqual([4_500, 3_000]);
  });

  test('[W6] [W10] everybody who trained some of a verified trial gets those epochs credited', () => {
    const room = openRoom();
    room.submit(plan({ cells: [5], seeds: 1 }));
    room.join(trainer('a'), trainer('b'), evaluator('e'));
    const first = room.pull('a');
    room.checkpoint('a', first, 4);
    room.say({ type: 'released', workerId: workerOf('a'), lease: first.lease, reason: 'leaves', checkpoint: null });
    const second = room.pull('b');
    const { trialId } = room.trial();
    room.say(trained('b', second, 0.01, { fromEpoch: 4 }));
    const credited = (name: string) => {
      const view = workerView(room.state, workerOf(name));
      return [view?.epochsVerified, view?.imagesVerified];
    };
    expect([credited('a'), credited('b')]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    room.verdict('e', room.pull('e'), 0.01);
    expect([credited('a'), credited('b')]).toEqual([
      [4, 400],
      [6, 600],
    ]);
    expect(trialView(room.state, trialId)?.segments.map(({ workerName }) => workerName)).toEqual(['a', 'b']);
    const [provenance] = provenanceOf(room.state, sweepId).values();
    expect([...measuresOf(room.state, sweepId).values()]).toEqual([
      // 600 images of the last 6 epochs in 10 ms, hence all 10 epochs in 17 ms.
      {
        test_mse: 0.01,
        test_psnr: 20.01,
        epochs_trained: 10,
        images_per_second: 60_000,
        training_seconds: expect.closeTo(1 / 60, 6),
      },
    ]);
    expect(measureNames(room.state, sweepId)).toEqual([
      ...['epochs_trained', 'images_per_second', 'test_mse', 'test_psnr', 'training_seconds'],
    ]);
    expect(provenance).toEqual({
      ...{ bestTrialId: trialId, numericClasses: ['wasm-1'], placement: 'alone', bitExact: true, workers: 2 },
    });
  });
});
