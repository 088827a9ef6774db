import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { datasetDigest, mnistManifest } from '@gradpool/experiment';
import type { Digest } from '@gradpool/protocol';
import { startFakeCoordinator, type FakeCoordinator } from '../testing/fake-coordinator.ts';
import { recordingOutput } from '../testing/recording-output.ts';
import { sampleReport } from '../testing/sample-report.ts';
import { id, sampleBoard, settledSweep } from '../testing/sample-room.ts';
import { writeReport } from './report.ts';

let fake: FakeCoordinator;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradpool-report-'));
});
afterEach(async () => {
  await fake.close();
  rmSync(folder, { recursive: true, force: true });
});

const dataset = datasetDigest(mnistManifest) as Digest;
const sweep = settledSweep({ name: 'a <b> sweep', dataset });
const { board, trials } = sampleReport([
  [2, 0, [0.04, 0.041, 0.042]],
  [8, 0, [0.02, 0.021, 0.022]],
]);
const pictures = 'f'.repeat(64);
const trial = id<string>(50);
const points = [1, 2].map((epoch) => ({ attempt: 1, epoch, name: 'validation_mse', value: 0.05 / epoch }));
const base64 = (bytes: readonly number[]): string => Buffer.from(bytes).toString('base64');
const kept = {
  images: 1,
  image: { height: 2, width: 2, channels: 1 },
  noise: 0,
  inputs: { clean: base64([0, 1, 2, 3]), noisy: base64([0, 1, 2, 3]) },
  epochs: [{ epoch: 2, sha256: pictures, bytes: 4 }],
};
const answers: Readonly<Record<string, unknown>> = {
  '/api/sweeps/demo': sweep,
  [`/api/sweeps/${sweep.sweepId}/leaderboard`]: board,
  [`/api/sweeps/${sweep.sweepId}/trials`]: { trials },
  [`/api/datasets/${dataset}`]: mnistManifest,
  [`/api/trials/${trial}/metrics`]: { points },
  [`/api/trials/${trial}/reconstructions`]: kept,
};

async function serve(changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
  fake = await startFakeCoordinator({
    answer: ({ path }) => {
      if (path.includes('/export') || path.includes('/artifacts/')) return { text: 'abcd', contentType: 'text/plain' };
      const json = { ...answers, ...changes }[path];
      return json === undefined ? null : { json };
    },
  });
}

const write = async (file: string, output = recordingOutput()) => {
  await writeReport({ sweep: 'demo', file, address: { url: fake.url, token: 't', ca: null }, output, now: 0 });
  return output;
};

test('one file with everything in it, and nothing to be fetched', async () => {
  await serve();
  const file = join(folder, 'report.html');
  const output = await write(file);
  expect(output.text()).toContain('report.html');
  const page = readFileSync(file, 'utf8');
  for (const part of [
    'Findings',
    'Ranking',
    'Reconstructions',
    'Training curves',
    'Baselines',
    'What was run',
    '<svg',
  ]) {
    expect(page).toContain(part);
  }
  expect(page).toContain('the error falls with every step of k, from 0.0410 at k = 2 to 0.0210 at k = 8');
  expect(page).toContain('mnist: 60,000 training and 10,000 test pictures of 28 x 28 x 1');
  expect(page).toContain('a &lt;b&gt; sweep');
  expect(page).not.toContain('<b>');
  expect(page).toContain('default-src &#x27;none&#x27;');
  expect(page.match(/(?:src|href)="(?!data:)[^"]*"/g)).toBeNull();
  expect(page).not.toContain('<script');
  expect(page).not.toContain('NaN');
});

test('cells that were stopped early are told with their place, and not ranked', async () => {
  const [row] = board.rows;
  const { cellId } = row!;
  const told = {
    cellId,
    parameters: { latent: 4, noise: 0 },
    epoch: 3,
    place: 5,
    of: 9,
    kept: 3,
    mean: 0.05,
    epochsSaved: 9,
  };
  await serve({ [`/api/sweeps/${sweep.sweepId}/leaderboard`]: { ...board, pruned: [told] } });
  const file = join(folder, 'report.html');
  await write(file);
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('1 cell was not among the best when cells were compared by validation MSE');
  expect(page).toContain('<td>5 of 9</td><td>3</td><td>0.05000</td>');
});

test('of classifiers of pixels there is no code and nothing reconstructed, and scores have their own form', async () => {
  const parameters = { task: 'classify', features: 'pixels', latent: 32 };
  const rows = board.rows.map((row) => ({ ...row, parameters, mean: 0.9, measures: { compression_ratio: 24.5 } }));
  await serve({
    [`/api/sweeps/${sweep.sweepId}/leaderboard`]: {
      ...{ ...board, metric: 'test_accuracy', goal: 'maximize', rows, baselines: [] },
    },
    [`/api/sweeps/${sweep.sweepId}/trials`]: {
      trials: trials.map((one) => ({ ...one, parameters, score: 0.9, validationMse: null })),
    },
    [`/api/trials/${trial}/reconstructions`]: { ...kept, epochs: [] },
  });
  const file = join(folder, 'report.html');
  await write(file);
  const page = readFileSync(file, 'utf8');
  for (const absent of ['Reconstructions', 'compression', 'Baselines', 'MSE']) expect(page).not.toContain(absent);
  expect(page).toContain('<td>90.00 %</td>');
});

test('a sweep without a result is refused', async () => {
  await serve({ [`/api/sweeps/${sweep.sweepId}/leaderboard`]: sampleBoard([]) });
  await expect(write(join(folder, 'report.html'))).rejects.toMatchObject({ code: 'E_NOT_FOUND', exit: 2 });
});

test('a file that cannot be written', async () => {
  await serve();
  await expect(write(join(folder, 'absent', 'report.html'))).rejects.toMatchObject({ code: 'E_FILE', exit: 2 });
});

test('the ranking has a column for linear rivals only where there are any', async () => {
  const heads: string[][] = [];
  for (const baselines of [board.baselines, []]) {
    await serve({ [`/api/sweeps/${sweep.sweepId}/leaderboard`]: { ...board, baselines } });
    const file = join(folder, 'report.html');
    await write(file);
    await fake.close();
    heads.push(
      [...readFileSync(file, 'utf8').matchAll(/<th scope="col">([^<]+)<\/th>/g)].map(([, title = '']) => title),
    );
  }
  expect(heads[0]).toContain('linear');
  expect(heads[1]).not.toContain('linear');
  expect(heads[1]).toContain('95 % interval');
});
