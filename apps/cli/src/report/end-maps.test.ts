import { afterEach, expect, test } from '@jest/globals';
import { writeCodeMap } from '@gradpool/experiment';
import { openApi } from '../client/api.ts';
import { startFakeCoordinator, type FakeCoordinator } from '../testing/fake-coordinator.ts';
import { sampleTrial, sampleWorker } from '../testing/sample-room.ts';
import { endMaps } from './end-maps.ts';

let fake: FakeCoordinator;
afterEach(() => fake.close());

const map = writeCodeMap({
  count: 1,
  labels: Uint8Array.of(7),
  tsne: Float32Array.of(1, 2),
  pca: Float32Array.of(3, 4),
});
const apart = { silhouette: 0.5, neighbourAccuracy: 0.75 };
const embedding = {
  map: { sha256: 'a'.repeat(64) as never, bytes: map.length },
  points: 1,
  separation: { codes: apart, pca: apart, tsne: apart },
  computedAt: 1,
};

/** A coordinator that has a map ready when it was asked for `after` times, and these workers. */
async function serve(after: number, workers: readonly unknown[]) {
  let asked = 0;
  fake = await startFakeCoordinator({
    answer: ({ path }) => {
      if (path.includes('/artifacts/')) return { text: map, contentType: 'application/octet-stream' };
      if (path === '/api/workers') return { json: { workers } };
      if (!path.endsWith('/embedding')) return null;
      asked += 1;
      return { json: { trialId: path.split('/')[3], embedding: asked > after ? embedding : null } };
    },
  });
  const waits: number[] = [];
  const pause = (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  const api = openApi({ url: fake.url, token: 't', ca: null });
  const collect = (...scores: number[]) =>
    endMaps(
      api,
      {
        board: { goal: 'minimize' },
        trials: scores.map((score, n) => sampleTrial(n, { score, embedding: n === 0 ? embedding : null })),
      },
      { waitMsMax: 5_000, pause },
    );
  return { collect, waits };
}

const evaluator = sampleWorker(1, { kind: 'evaluate', trusted: true, connected: true });

test('the map that is stored, and the one that is asked for and waited for', async () => {
  const { collect, waits } = await serve(2, [evaluator]);
  const maps = await collect(0.01, 0.05, 0.03);
  expect(maps.map(({ title, trial, map: { labels } }) => [title, trial.score, [...labels]])).toEqual([
    ['Best', 0.01, [7]],
    ['Worst', 0.05, [7]],
  ]);
  expect(waits).toEqual([1_000, 1_000]);
});

test('nobody to compute it, or too long a wait: left out', async () => {
  const alone = await serve(99, []);
  expect((await alone.collect(0.01, 0.05)).map(({ title }) => title)).toEqual(['Best']);
  expect(alone.waits).toEqual([]);
  await fake.close();
  const slow = await serve(99, [evaluator]);
  expect((await slow.collect(0.01, 0.05)).map(({ title }) => title)).toEqual(['Best']);
  expect(slow.waits).toHaveLength(6);
});

test('a single trial has nothing to be compared with', async () => {
  const { collect } = await serve(0, []);
  expect(await collect(0.01)).toEqual([]);
});
