import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openTestServer, whyNoTestServer } from '@gradpool/coordinator/store/testing';
import { newFolder, programs, start, stopAll } from './processes.ts';
import { freePort } from './free-port.ts';

afterEach(stopAll);

const sweepText = `
name: on-a-server
method: grid
metric: { name: test_mse, goal: minimize }
parameters:
  latent: { values: [2, 4] }
  hidden: { value: [32] }
  train_images: { value: 3000 }
  validation_images: { value: 500 }
  epochs: { value: 1 }
seeds: { count: 1 }
`;

const reason = whyNoTestServer();
const title = 'a sweep on a Postgres server: a second start finds the results';
(reason === null ? test : test.skip)(reason === null ? title : `${title} (skipped: ${reason})`, async () => {
  const server = await openTestServer();
  try {
    const database = await server.createDatabase();
    const dataDir = newFolder();
    const file = path.join(dataDir, 'on-a-server.yaml');
    writeFileSync(file, sweepText);
    const port = String(await freePort());
    const args = ['up', '--once', '--data-dir', dataDir, '--port', port, '--threads', '1', '--sweep', file];
    const first = start(programs.cli, [...args, '--database-url', database.url]);
    expect(await first.exited).toEqual({ code: 0, signal: null });
    const second = start(programs.cli, [...args, '--database-url', database.url]);
    expect(await second.exited).toEqual({ code: 0, signal: null });
    const table = (text: string) => text.split('\n').filter((line) => /^\s+\d+\s+0\.\d/.test(line));
    expect(table(first.output())).toHaveLength(2);
    expect(table(second.output())).toEqual(table(first.output()));
    expect(second.output()).not.toContain('trains latent');
    await database.drop();
  } finally {
    await server.stop();
  }
});
