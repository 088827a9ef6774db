import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PersistRow, StoredRows, SweepRow, TrialRow } from '@gradpool/coordination';
import type { WorkerId } from '@gradpool/protocol';
import {
  sampleAttempt,
  sampleBaseline,
  sampleCell,
  sampleDigest,
  sampleEmbedding,
  sampleSweep,
  sampleTime,
  sampleTrial,
  sampleWorker,
  sampleWorkerId,
} from './sample-rows.ts';
import type { Store, StoredPoint } from './store.ts';

/** What every store does. Each test works on a sweep of its own, so that one store serves them all. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`store contract: ${name}`, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    const firstOf = (trials: readonly (readonly TrialRow[])[]): TrialRow => {
      const [[first] = []] = trials;
      if (first === undefined) throw new Error('no trial');
      return first;
    };
    const sweepTrial = (row: TrialRow): PersistRow => ({ table: 'trial', row });
    /** A sweep with cells, committed; the trials of each cell have these figures (null: waiting). */
    const commitSweep = async (figures: readonly (readonly (number | null)[])[], given: Partial<SweepRow> = {}) => {
      const sweep = sampleSweep(given);
      const cells = figures.map((_, index) => sampleCell(sweep, index));
      const trials = cells.map((cell, index) =>
        (figures[index] ?? []).map((score, seed) =>
          sampleTrial(cell, seed, score === null ? {} : { state: 'complete', score }),
        ),
      );
      await store.commit([
        { table: 'sweep', row: sweep },
        ...cells.map((row): PersistRow => ({ table: 'cell', row })),
        ...trials.flat().map(sweepTrial),
      ]);
      return { sweep, cells, trials };
    };
    const loadOf = async (sweep: SweepRow): Promise<Pick<StoredRows, 'sweeps' | 'cells' | 'trials'>> => {
      const { sweeps, cells, trials } = await store.load();
      return {
        sweeps: sweeps.filter((row) => row.sweepId === sweep.sweepId),
        cells: cells.filter((row) => row.sweepId === sweep.sweepId),
        trials: trials.filter((row) => row.sweepId === sweep.sweepId),
      };
    };

    test('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });

    test('gives back every row as it was committed', async () => {
      const sweep = sampleSweep({
        state: 'complete',
        finishedAt: sampleTime + 7,
        earlierHashes: [sampleDigest('before it was extended')],
        baselines: [{ baseline: 'mean_image', latent: null, noise: 0 }],
      });
      const cell = sampleCell(sweep, 0, { cost: 1.234567890123456e15 });
      const trial = sampleTrial(cell, 0, {
        seed: 0xffff_ffff,
        state: 'complete',
        fence: 3,
        attempts: 2,
        errors: 1,
        erredWorkers: [sampleWorkerId(), sampleWorkerId()],
        checkpoint: { epoch: 4, artifact: { sha256: sampleDigest('c'), bytes: 4_190_000 }, numericClass: 'wasm' },
        workerId: sampleWorkerId(),
        backend: 'wasm',
        claimedScore: 0.1 + 0.2,
        validationMse: 1e-300,
        weights: { sha256: sampleDigest('w'), bytes: 4_200_000 },
        segments: [{ worker: 'node-0', fromEpoch: 0, toEpoch: 12, numericClass: 'wasm' }],
        images: 9_007_199_254_740_991,
        durationMs: 123_456,
        score: 0.030000000000000002,
        measures: { test_mse: 0.030000000000000002, test_ssim: -1e-300 },
        details: { sha256: sampleDigest('d'), bytes: 2_000 },
        verifiedBy: sampleWorkerId(),
        errorCode: 'E_NAN_LOSS',
        errorMessage: 'the loss is "NaN"\\ 💥',
        startedAt: sampleTime + 1,
        finishedAt: sampleTime + 2,
      });
      const waiting = sampleTrial(cell, 1);
      const running = sampleAttempt(trial, { copy: true, number: 2, fence: 2, fromEpoch: 1 });
      const ended = sampleAttempt(trial, {
        state: 'failed',
        errorCode: 'E',
        errorMessage: 'm',
        endedAt: sampleTime + 3,
      });
      const worker = sampleWorker({
        flopsPerSecond: 1.5e9,
        trusted: false,
        epochsVerified: 7,
        imagesVerified: 5e10,
        removedAt: sampleTime,
      });
      const baselines = [
        sampleBaseline(sweep),
        sampleBaseline(sweep, { baseline: 'mean_image', latent: null, noise: 0.3, testMse: 0.0675 }),
      ];
      await store.commit([
        // Children first: the order within a commit does not matter.
        { table: 'attempt', row: running },
        { table: 'attempt', row: ended },
        { table: 'trial', row: trial },
        { table: 'trial', row: waiting },
        { table: 'cell', row: cell },
        { table: 'worker', row: worker },
        ...baselines.map((row): PersistRow => ({ table: 'baseline', row })),
        { table: 'sweep', row: sweep },
      ]);
      const loaded = await store.load();
      expect(loaded.sweeps.filter((row) => row.sweepId === sweep.sweepId)).toEqual([sweep]);
      expect(loaded.cells.filter((row) => row.sweepId === sweep.sweepId)).toEqual([cell]);
      const trials = loaded.trials.filter((row) => row.sweepId === sweep.sweepId);
      expect(trials.sort((a, b) => a.seedIndex - b.seedIndex)).toEqual([trial, waiting]);
      expect(loaded.attempts.filter((row) => row.trialId === trial.trialId)).toEqual([running]);
      expect(await store.attempts(trial.trialId)).toEqual([ended, running]);
      expect(loaded.workers.filter((row) => row.workerId === worker.workerId)).toEqual([worker]);
      const ofData = loaded.baselines.filter((row) => row.dataset === sweep.dataset);
      expect(ofData.sort((a, b) => a.noise - b.noise)).toEqual(baselines);
    });

    test('keeps whether the room is ended', async () => {
      const { sweep } = await commitSweep([[null]]);
      const { roomId, sweepId } = sweep;
      const row = { roomId, state: 'ended' as const, pausedSweeps: [sweepId], changedAt: sampleTime };
      await store.commit([{ table: 'room', row }]);
      expect((await store.load()).rooms).toEqual([row]);
      await store.commit([{ table: 'room', row: { ...row, state: 'open', pausedSweeps: [] } }]);
      expect((await store.load()).rooms).toEqual([{ ...row, state: 'open', pausedSweeps: [] }]);
    });

    test('keeps the last row of each key, within one commit and over several', async () => {
      const { sweep, trials } = await commitSweep([[null]]);
      const trial = firstOf(trials);
      await store.commit([1, 2, 3].map((fence) => sweepTrial({ ...trial, state: 'running', fence })));
      expect((await loadOf(sweep)).trials).toEqual([{ ...trial, state: 'running', fence: 3 }]);
      await store.commit([sweepTrial({ ...trial, fence: 4 })]);
      expect((await loadOf(sweep)).trials).toEqual([{ ...trial, fence: 4 }]);
    });

    test('commits in the order of the calls', async () => {
      const { sweep, trials } = await commitSweep([[null]]);
      const trial = firstOf(trials);
      const fences = Array.from({ length: 30 }, (_, fence) => fence);
      await Promise.all(fences.map((fence) => store.commit([sweepTrial({ ...trial, fence })])));
      expect((await loadOf(sweep)).trials).toEqual([{ ...trial, fence: 29 }]);
    });

    test('keeps the map of a trial, and its file while it does', async () => {
      const { sweep, trials } = await commitSweep([[0.02, 0.03]]);
      const row = sampleEmbedding(firstOf(trials));
      const map = { ...row.map, kind: 'embedding' as const, createdAt: sampleTime };
      const orphan = { sha256: sampleDigest(`orphan of ${sweep.sweepId}`), bytes: 8 };
      await store.putArtifact(map);
      await store.putArtifact({ ...orphan, kind: 'embedding', createdAt: sampleTime });
      await store.commit([{ table: 'embedding', row }]);
      const { embeddings } = await store.load();
      expect(embeddings.filter(({ trialId }) => trialId === row.trialId)).toEqual([row]);
      const expired = (await store.expiredArtifacts(sampleTime + 1, 10_000)).map(({ sha256 }) => sha256);
      expect([expired.includes(map.sha256), expired.includes(orphan.sha256)]).toEqual([false, true]);
      const stray = sampleEmbedding(sampleTrial(sampleCell(sweep, 0), 0));
      await expect(store.commit([{ table: 'embedding', row: stray }])).rejects.toMatchObject({ code: 'E_STORE_WRITE' });
    });

    test('keeps the newest pictures of each epoch of a trial', async () => {
      const { trials } = await commitSweep([[null]]);
      const { trialId } = firstOf(trials);
      const pictures = (epoch: number, text: string) => ({ trialId, epoch, sha256: sampleDigest(text), bytes: 6_272 });
      for (const added of [pictures(2, 'b'), pictures(1, 'a'), pictures(2, 'c')]) await store.putPictures(added);
      expect(await store.pictures(trialId)).toEqual([pictures(1, 'a'), pictures(2, 'c')]);
      const digests = new Set(await store.pictureDigests());
      expect(['a', 'b', 'c'].map((text) => digests.has(sampleDigest(text)))).toEqual([true, false, true]);
      const unknown = { ...pictures(1, 'a'), trialId: sampleTrial(sampleCell(sampleSweep(), 0), 0).trialId };
      await expect(store.putPictures(unknown)).rejects.toMatchObject({ code: 'E_STORE_WRITE' });
    });

    test('forgets attempts that have ended', async () => {
      const { trials } = await commitSweep([[null]]);
      const attempt = sampleAttempt(firstOf(trials));
      await store.commit([{ table: 'attempt', row: attempt }]);
      await store.commit([{ table: 'attempt', row: { ...attempt, state: 'lost', endedAt: sampleTime } }]);
      expect((await store.load()).attempts.map((row) => row.leaseId)).not.toContain(attempt.leaseId);
    });

    test('does nothing for an empty commit', async () => {
      await expect(store.commit([])).resolves.toBeUndefined();
      await expect(store.appendPoints([])).resolves.toBeUndefined();
    });

    test.each([
      ['a trial of an unknown cell', (sweep: SweepRow) => sampleTrial(sampleCell(sweep, 9), 0)],
      [
        'a second trial with the same seed',
        (_: SweepRow, taken: TrialRow) =>
          sampleTrial(sampleCell(sampleSweep(), 0), 0, { cellId: taken.cellId, sweepId: taken.sweepId }),
      ],
    ])('changes nothing where one row of a commit is wrong: %s', async (_, broken) => {
      const { sweep, trials } = await commitSweep([[0.5, null]]);
      const [first, second] = trials[0] as [TrialRow, TrialRow];
      const before = await store.load();
      const good: TrialRow = { ...second, state: 'complete', score: 0.1 };
      const commit = store.commit([
        { table: 'sweep', row: { ...sweep, state: 'complete' } },
        sweepTrial(good),
        sweepTrial(broken(sweep, first)),
      ]);
      await expect(commit).rejects.toMatchObject({ code: 'E_STORE_WRITE' });
      expect(await store.load()).toEqual(before);
      expect((await store.leaderboard(sweep.sweepId))?.rows).toMatchObject([{ n: 1, mean: 0.5 }]);
      // And the store goes on.
      await store.commit([sweepTrial(good)]);
      expect((await store.leaderboard(sweep.sweepId))?.rows).toMatchObject([{ n: 2 }]);
    });

    test('takes text that a database cannot hold', async () => {
      const { sweep, trials } = await commitSweep([[null]]);
      const trial = { ...firstOf(trials), errorMessage: 'a\0b\ud83d', spec: { 'k\0': ['\udc00\\u0000'] } };
      await store.commit([sweepTrial(trial)]);
      expect((await loadOf(sweep)).trials).toHaveLength(1);
      await store.appendPoints([{ trialId: trial.trialId, attempt: 1, epoch: 1, name: 'x\0\ud83d', value: 1 }]);
      expect(await store.points(trial.trialId)).toHaveLength(1);
    });

    test('ranks cells of three seeds and more by their mean, and lists the others', async () => {
      const figures = [[0.3, 0.2, 0.4], [0.1, 0.11], [0.2, 0.2, 0.2, null], [null], [0.05]];
      const { sweep, cells } = await commitSweep(figures);
      const board = await store.leaderboard(sweep.sweepId);
      expect(board).toMatchObject({ sweepId: sweep.sweepId, name: sweep.name, metric: 'test_mse', goal: 'minimize' });
      expect(board?.rows.map((row) => [row.cellId, row.n, row.rank])).toEqual([
        [cells[4]?.cellId, 1, null],
        [cells[1]?.cellId, 2, null],
        [cells[2]?.cellId, 3, 1],
        [cells[0]?.cellId, 3, 2],
      ]);
      const [one, two, same, spread] = board?.rows ?? [];
      expect(one).toMatchObject({ mean: 0.05, sd: null, ci95: null, parameters: cells[4]?.parameters });
      expect(two?.ci95).toBeCloseTo(12.706204736 * 0.005, 9);
      expect(same?.sd).toBeCloseTo(0, 12);
      expect(spread?.mean).toBeCloseTo(0.3, 12);
      expect(spread?.sd).toBeCloseTo(0.1, 12);
      expect(spread?.ci95).toBeCloseTo((4.30265273 * 0.1) / Math.sqrt(3), 9);
    });

    test('ranks from the top where the goal is to maximize', async () => {
      const { sweep, cells } = await commitSweep(
        [
          [1, 1, 1],
          [3, 3, 3],
          [2, 2, 2],
        ],
        { goal: 'maximize' },
      );
      const board = await store.leaderboard(sweep.sweepId);
      expect(board?.rows.map((row) => row.cellId)).toEqual([1, 2, 0].map((index) => cells[index]?.cellId));
      expect(board?.rows.map((row) => row.rank)).toEqual([1, 2, 3]);
    });

    test('counts a trial once, however often and in whatever pieces it is committed', async () => {
      const values = Array.from({ length: 12 }, (_, index) => 0.02 + 1e-7 * ((index * 7) % 12));
      const { sweep, trials } = await commitSweep([values.map(() => null)]);
      const done = (trials[0] ?? []).map((row, index): PersistRow => {
        return sweepTrial({ ...row, state: 'complete', score: values[index] ?? null });
      });
      for (const pieces of [done.slice(0, 1), done.slice(1, 6), done.slice(4, 12), done]) await store.commit(pieces);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
      const row = (await store.leaderboard(sweep.sweepId))?.rows[0];
      expect(row?.n).toBe(12);
      expect(row?.mean).toBeCloseTo(mean, 15);
      expect((row?.sd ?? 0) / sd).toBeCloseTo(1, 6);
    });

    test('follows a figure that is corrected or taken back', async () => {
      const { sweep, trials } = await commitSweep([[0.1, 0.2, 0.3, null], [0.4]]);
      const [first, second, third, fourth] = trials[0] as [TrialRow, TrialRow, TrialRow, TrialRow];
      const board = async () => (await store.leaderboard(sweep.sweepId))?.rows ?? [];
      await store.commit([
        sweepTrial({ ...third, score: 0.6 }),
        sweepTrial({ ...fourth, state: 'complete', score: 0.7 }),
      ]);
      const four = (await board()).find((row) => row.cellId === first.cellId);
      expect(four?.n).toBe(4);
      expect(four?.mean).toBeCloseTo(0.4, 12);
      expect(four?.sd).toBeCloseTo(Math.sqrt((0.09 + 0.04 + 0.04 + 0.09) / 3), 12);
      await store.commit(
        [first, second, third, fourth].map((row) => sweepTrial({ ...row, state: 'waiting', score: null })),
      );
      expect((await board()).map((row) => row.mean)).toEqual([0.4]);
    });

    test('joins the baselines that the sweep asks for', async () => {
      const sweep = sampleSweep({
        baselines: [
          { baseline: 'pca', latent: 8, noise: 0 },
          { baseline: 'mean_image', latent: null, noise: 0 },
          { baseline: 'linear', latent: 8, noise: 0.3 },
        ],
      });
      const values = [
        sampleBaseline(sweep, { baseline: 'mean_image', latent: null, testMse: 0.0675 }),
        sampleBaseline(sweep, { testMse: 0.1 }),
        sampleBaseline(sweep, { latent: 16 }),
      ];
      await store.commit([
        { table: 'sweep', row: sweep },
        ...values.map((row): PersistRow => ({ table: 'baseline', row })),
        { table: 'baseline', row: sampleBaseline(sweep, { testMse: 0.0374 }) },
      ]);
      expect((await store.leaderboard(sweep.sweepId))?.baselines).toEqual([
        { baseline: 'pca', latent: 8, noise: 0, testMse: 0.0374 },
        { baseline: 'mean_image', latent: null, noise: 0, testMse: 0.0675 },
      ]);
    });

    test('has no leaderboard of an unknown sweep', async () => {
      expect(await store.leaderboard(sampleSweep().sweepId)).toBeNull();
    });

    test('keeps the first value of each metric point, in order', async () => {
      const { trials } = await commitSweep([[null, null]]);
      const [trial, other] = trials[0] as [TrialRow, TrialRow];
      const point = (attempt: number, epoch: number, name: string, value: number): StoredPoint => {
        return { trialId: trial.trialId, attempt, epoch, name, value };
      };
      await store.appendPoints([point(2, 1, 'train_mse', 5), point(1, 2, 'train_mse', 3), point(1, 1, 'train_mse', 1)]);
      await store.appendPoints([
        point(1, 1, 'train_mse', 99),
        point(1, 1, 'images_per_second', 2.5e-7),
        point(1, 3, 'train_mse', 4),
        point(1, 3, 'train_mse', 98),
        { ...point(1, 1, 'train_mse', 97), trialId: other.trialId },
      ]);
      expect(await store.points(trial.trialId)).toEqual([
        point(1, 1, 'images_per_second', 2.5e-7),
        point(1, 1, 'train_mse', 1),
        point(1, 2, 'train_mse', 3),
        point(1, 3, 'train_mse', 4),
        point(2, 1, 'train_mse', 5),
      ]);
      expect(await store.points(sampleTrial(sampleCell(sampleSweep(), 0), 0).trialId)).toEqual([]);
    });

    test('tells which artifacts nothing needs any more', async () => {
      const { trials } = await commitSweep([[null, null, null]]);
      const [waiting, complete, gone] = trials[0] as [TrialRow, TrialRow, TrialRow];
      const name = (what: string) => sampleDigest(`${what} of ${waiting.trialId}`);
      const at = (what: string, epoch: number) => ({
        epoch,
        artifact: { sha256: name(what), bytes: 9 },
        numericClass: 'c',
      });
      for (const [index, what] of [
        'old',
        'newest',
        'weights',
        'spent',
        'lonely',
        'young',
        'both',
        'details',
      ].entries()) {
        const kind = what === 'both' ? 'weights' : what === 'weights' || what === 'details' ? what : 'checkpoint';
        await store.putArtifact({
          sha256: name(what),
          bytes: 9,
          kind,
          createdAt: what === 'young' ? sampleTime : index,
        });
      }
      await store.commit([sweepTrial({ ...waiting, checkpoint: at('old', 1) })]);
      await store.commit([
        sweepTrial({ ...waiting, checkpoint: at('newest', 2) }),
        sweepTrial({
          ...complete,
          state: 'complete',
          score: 1,
          weights: { sha256: name('weights'), bytes: 9 },
          details: { sha256: name('details'), bytes: 9 },
          checkpoint: at('spent', 3),
        }),
        sweepTrial({ ...gone, state: 'failed', checkpoint: at('both', 1) }),
      ]);
      // Put again, it is young again, and bytes once kept as weights stay weights.
      await store.putArtifact({ sha256: name('both'), bytes: 9, kind: 'checkpoint', createdAt: 500 });
      const expired = async (before: number) => {
        const found = await store.expiredArtifacts(before, 1_000);
        return found.filter(({ sha256 }) =>
          ['old', 'newest', 'weights', 'spent', 'lonely', 'young', 'both', 'details'].some(
            (what) => name(what) === sha256,
          ),
        );
      };
      const digests = (await expired(100)).map(({ sha256 }) => sha256);
      expect(digests).toEqual([name('old'), name('spent'), name('lonely')]);
      expect(await expired(1_000)).toContainEqual({ sha256: name('both'), bytes: 9, kind: 'weights', createdAt: 500 });
      await store.forgetArtifacts(digests);
      expect(await expired(100)).toEqual([]);
      expect((await store.expiredArtifacts(1_000, 1)).length).toBeLessThanOrEqual(1);
    });

    test('keeps the hash of a worker secret, whether or not the worker has a row', async () => {
      const workerId: WorkerId = sampleWorkerId();
      expect(await store.workerSecretHash(workerId)).toBeNull();
      await store.putWorkerSecretHash(workerId, sampleDigest('one'));
      await store.putWorkerSecretHash(workerId, sampleDigest('two'));
      expect(await store.workerSecretHash(workerId)).toBe(sampleDigest('two'));
    });

    test('takes a sweep of 2,000 trials in one commit', async () => {
      const seeds = Array.from({ length: 20 }, (_, seed) => (seed % 2 === 0 ? seed / 100 : null));
      const { sweep } = await commitSweep(Array.from({ length: 100 }, () => seeds));
      const { cells, trials } = await loadOf(sweep);
      expect([cells.length, trials.length]).toEqual([100, 2_000]);
      expect((await store.leaderboard(sweep.sweepId))?.rows.every((row) => row.n === 10)).toBe(true);
    });
  });
}
