import { describe, expect, test } from '@jest/globals';
import {
  checkpointAt,
  leasesSent,
  openRoom,
  plan,
  revoked,
  settled,
  trained,
  trainer,
  workerOf,
  type Room,
} from './fixtures.ts';
import { prunedCells, sweepView } from './views.ts';

/** Nine cells, or as many as given, of 9 epochs each: rungs at 1 and 3. */
function search(cells = 9, seeds = 1, compareWithin: string[] = []) {
  const planned = plan({ cells: Array.from({ length: cells }, () => 90), seeds, epochs: 9 });
  const early = { type: 'asha', eta: 3, min_iter: 1, compare_within: compareWithin };
  return { ...planned, sweep: { ...planned.sweep, spec: { early_terminate: early } } };
}

type Grant = ReturnType<Room['pull']>;

/** Stops at the rung with this validation error. */
function stop(room: Room, name: string, grant: Grant, validation: number) {
  if (grant.work.kind !== 'train' || grant.work.stopAfter === undefined) throw new Error('no stop was asked for');
  const epoch = grant.work.stopAfter;
  const rung = { epoch, validation };
  const checkpoint = checkpointAt(epoch);
  return room.say({ type: 'released', workerId: workerOf(name), lease: grant.lease, reason: '', checkpoint, rung });
}

const cellOf = ({ work }: Grant): number => (work.kind === 'train' ? Number(work.spec['latent']) : -1);
const stopOf = ({ work }: Grant): number | undefined => (work.kind === 'train' ? work.stopAfter : undefined);
const states = (room: Room, count: number): string[] => Array.from({ length: count }, (_, i) => room.trial(i).state);

/** One worker trains to the end of the search; the error of a cell is its latent. Returns what it was given: `cell@stop`. */
function searchAlone(room: Room, errorOf: (cell: number) => number, turns = 40): string[] {
  const given: string[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const [grant] = leasesSent(room.ask('a'));
    if (grant === undefined) break;
    given.push(`${cellOf(grant)}@${stopOf(grant) ?? 'end'}`);
    if (stopOf(grant) === undefined) room.result('a', grant, errorOf(cellOf(grant)));
    else stop(room, 'a', grant, errorOf(cellOf(grant)));
  }
  return given;
}

describe('early termination', () => {
  test('[H2] [H3] [H4] a trial stops at its rung; whoever is of the best third goes on from its checkpoint before others begin', () => {
    const room = openRoom();
    room.submit(search());
    room.join(trainer('a'));
    expect(searchAlone(room, (cell) => (cell + 4) % 9)).toEqual([
      ...['0@1', '1@1', '2@1', '0@3', '3@1', '4@1', '5@1', '5@3', '6@1', '6@3'],
      ...['5@end', '7@1', '8@1', '7@3'],
    ]);
    expect(states(room, 9)).toEqual([
      ...['pruned', 'pruned', 'pruned', 'pruned', 'pruned'],
      ...['verifying', 'pruned', 'pruned', 'pruned'],
    ]);
  });

  test('[H4] with all figures known before the last comes, the best of each whole rung go on and the others are pruned', () => {
    const room = openRoom();
    room.submit(search());
    room.join(trainer('a'));
    searchAlone(room, (cell) => cell);
    expect(states(room, 9)).toEqual(['verifying', ...Array.from({ length: 8 }, () => 'pruned')]);
    const pruned = room.trial(1).rungs?.pruned;
    expect(pruned).toEqual({ epoch: 3, place: 2, of: 5, kept: 1, mean: 1 });
    expect(room.trial(8).rungs?.pruned).toEqual({ epoch: 1, place: 9, of: 9, kept: 3, mean: 8 });
    const cells = prunedCells(room.state, room.trial().sweepId);
    expect(cells.map(({ parameters, epoch }) => [parameters['latent'], epoch])).toEqual([
      ...[1, 2].map((cell) => [cell, 3]),
      ...[3, 4, 5, 6, 7, 8].map((cell) => [cell, 1]),
    ]);
    expect(sweepView(room.state, room.trial().sweepId, room.now)?.epochsSaved).toBe(6 * 8 + 2 * 6);
  });

  test('[H3] a cell is judged on the mean over its seeds, once the last of them is there', () => {
    const room = openRoom();
    room.submit(search(3, 2));
    room.join(trainer('a'));
    const errors = { 0: [0.1, 0.5], 1: [0.2, 0.2], 2: [0.4, 0.4] } as Record<number, number[]>;
    for (let turn = 0; turn < 6; turn += 1) {
      // With two of three means known, the worse of them cannot be the best of all.
      if (turn < 5) expect(states(room, 6)).not.toContain('pruned');
      const grant = room.pull('a');
      const seed = grant.work.kind === 'train' ? Number(grant.work.spec['seed']) : 0;
      stop(room, 'a', grant, errors[cellOf(grant)]![seed]!);
    }
    expect(states(room, 6)).toEqual(['pruned', 'pruned', 'waiting', 'waiting', 'pruned', 'pruned']);
    expect(stopOf(room.pull('a'))).toBe(3);
  });

  test('[H2] only cells that agree in compare_within are compared', () => {
    const room = openRoom();
    room.submit(search(3, 1, ['latent']));
    room.join(trainer('a'));
    expect(searchAlone(room, () => 0.1)).toEqual([
      ...['0@1', '0@3', '0@end', '1@1', '1@3', '1@end', '2@1', '2@3', '2@end'],
    ]);
  });

  test('[H5] a restart at any time gives out the same, and prunes the same', () => {
    const whole = openRoom();
    whole.submit(search());
    whole.join(trainer('a'));
    const errorOf = (cell: number): number => (cell + 4) % 9;
    const expected = searchAlone(whole, errorOf);
    for (let turns = 1; turns < expected.length; turns += 1) {
      const before = openRoom();
      before.submit(search());
      before.join(trainer('a'));
      const given = searchAlone(before, errorOf, turns);
      const after = openRoom(before.stored());
      after.join(trainer('a'));
      expect([...given, ...searchAlone(after, errorOf)]).toEqual(expected);
      expect(states(after, 9)).toEqual(states(whole, 9));
    }
  });

  test('[H3] a hand-back elsewhere, or for another reason, is no figure; a second figure of a rung is none either', () => {
    const room = openRoom();
    room.submit(search());
    room.join(trainer('a'));
    const grant = room.pull('a');
    const from = { type: 'released', workerId: workerOf('a'), lease: grant.lease, reason: '' } as const;
    room.say({ ...from, checkpoint: null, rung: { epoch: 2, validation: 0 } });
    expect(room.trial().rungs).toEqual({ untilEpoch: 1, figures: [], pruned: null });
    expect(cellOf(room.pull('a'))).toBe(0);
  });

  test('[H3] the first of two copies to stop counts', () => {
    const room = openRoom();
    room.submit(search(1));
    room.join(trainer('a', { flopsPerSecond: 1 }), trainer('b', { flopsPerSecond: 1000 }));
    const slow = room.pull('a');
    room.ask('b');
    const [copy] = leasesSent(room.wait(2_000));
    expect(stopOf(copy!)).toBe(1);
    const effects = stop(room, 'b', copy!, 0.2);
    expect(revoked(effects)).toMatchObject([{ to: workerOf('a'), code: 'E_COPY_FINISHED' }]);
    expect(settled(stop(room, 'a', slow, 0.3))).toMatchObject([{ accepted: false, code: 'E_COPY_FINISHED' }]);
    expect(room.trial().rungs?.figures).toEqual([{ epoch: 1, validation: 0.2 }]);
  });

  test('[H6] a cell whose trials all failed is not waited for', () => {
    const room = openRoom();
    const planned = search(3);
    room.submit({ ...planned, sweep: { ...planned.sweep, errorsMax: 1 } });
    room.join(trainer('a'));
    room.fail('a', room.pull('a'));
    stop(room, 'a', room.pull('a'), 0.2);
    stop(room, 'a', room.pull('a'), 0.1);
    expect(states(room, 3)).toEqual(['failed', 'pruned', 'waiting']);
    expect(searchAlone(room, () => 0.1)).toEqual(['2@3', '2@end']);
  });

  test('[H7] an extension compares new cells with all figures, and takes no pruned cell back', () => {
    const room = openRoom();
    room.submit(search(3));
    room.join(trainer('a'));
    searchAlone(room, (cell) => [0.2, 0.1, 0.3][cell]!);
    expect(states(room, 3)).toEqual(['pruned', 'verifying', 'pruned']);
    room.ask('a', 0);
    const extended = search(4, 2);
    const { sweepId } = room.trial();
    room.say({ type: 'sweepExtended', requestId: 'x', sweepId, plan: extended });
    expect(states(room, 8)).toEqual([
      ...['pruned', 'verifying', 'pruned', 'pruned', 'waiting', 'pruned', 'waiting', 'waiting'],
    ]);
    // The new seed of the cell that went on does not stop any more; the new cell is second of four at its first rung.
    expect(searchAlone(room, () => 0.15)).toEqual(['3@1', '1@end', '3@1']);
    expect(states(room, 8).slice(6)).toEqual(['pruned', 'pruned']);
  });

  test('[H7] trials of a cancelled sweep that are resumed wait where they were', () => {
    const room = openRoom();
    room.submit(search());
    room.join(trainer('a'));
    stop(room, 'a', room.pull('a'), 0.2);
    const command = (name: 'cancel' | 'resume') =>
      room.say({ type: 'sweepCommanded', requestId: name, sweepId: room.trial().sweepId, command: name });
    command('cancel');
    command('resume');
    expect(room.trial()).toMatchObject({ state: 'waiting', rungs: { untilEpoch: 1 } });
    expect(cellOf(room.pull('a'))).toBe(1);
  });

  test('[H8] classifiers are compared by validation accuracy after as many epochs of their own, whether with an autoencoder or not', () => {
    const planned = search(4);
    const specOf = (cell: number) => ({
      ...{ task: 'classify', latent: cell, seed: 0, epochs: 5, classifier_epochs: 4 },
      features: ['pixels', 'finetuned', 'frozen', 'pca'][cell]!,
    });
    const room = openRoom();
    room.submit({
      ...planned,
      sweep: { ...planned.sweep, metric: 'test_accuracy', goal: 'maximize' },
      trials: planned.trials.map((trial, cell) => ({ ...trial, spec: specOf(cell) })),
    });
    room.join(trainer('a'));
    const accuracies = [0.7, 0.9, 0.8, 0.6];
    expect(searchAlone(room, (cell) => accuracies[cell]!)).toEqual([...['1@6', '2@6', '0@1', '1@8', '3@1', '1@end']]);
    expect(states(room, 4)).toEqual(['pruned', 'verifying', 'pruned', 'pruned']);
    expect(room.trial(2)).toMatchObject({
      validationMse: null,
      rungs: { untilEpoch: 6, pruned: { epoch: 6, place: 2, of: 4, kept: 1, mean: 0.8 } },
    });
    expect(prunedCells(room.state, room.trial().sweepId).map(({ parameters }) => parameters['latent'])).toEqual([
      2, 0, 3,
    ]);
    expect(sweepView(room.state, room.trial().sweepId, room.now)?.epochsSaved).toBe(3 + 3 + 3);
  });

  test('[H3] a trial that its own patience ended stands at later rungs with the like of the metric that it ended with', () => {
    const room = openRoom();
    const planned = search(2);
    const sweep = { ...planned.sweep, metric: 'test_psnr', goal: 'maximize' as const };
    room.submit({ ...planned, sweep });
    room.join(trainer('a'));
    const first = room.pull('a');
    const ended = trained('a', first, 20);
    if (ended.type !== 'resulted' || ended.outcome.kind !== 'train') throw new Error('no result');
    room.say({ ...ended, outcome: { ...ended.outcome, validationMse: 0.01, measures: { validation_psnr: 20 } } });
    expect(searchAlone(room, () => 19)).toEqual(['1@1']);
    expect(room.trial(1)).toMatchObject({ state: 'pruned', rungs: { pruned: { place: 2, of: 2, mean: 19 } } });
  });
});
