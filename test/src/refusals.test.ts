import { createServer } from 'node:net';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { startCoordinator } from './cluster.ts';
import { freePort } from './free-port.ts';
import { newFolder, programs, start, stopAll } from './processes.ts';

afterEach(stopAll);

async function upFails(args: readonly string[]): Promise<string> {
  const up = start(programs.cli, ['up', '--once', '--threads', '1', ...args]);
  const { code } = await up.exited;
  expect({ code, output: up.output() }).toMatchObject({ code: 2 });
  return up.output();
}

test('a port in use is named, with what to do', async () => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const output = await upFails(['--data-dir', newFolder(), '--port', String(port)]);
  expect(output).toContain('E_PORT_IN_USE');
  expect(output).toContain(String(port));
  await new Promise((resolve) => server.close(resolve));
});

test('a second coordinator on one data folder is refused and the first goes on', async () => {
  const first = await startCoordinator({ port: await freePort() });
  const output = await upFails(['--data-dir', first.dataDir, '--port', String(await freePort())]);
  expect(output).toContain('E_DATA_DIR_IN_USE');
  expect((await fetch(`${first.url}/api/ready`)).ok).toBe(true);
});

test('an unreachable database is named without its password', async () => {
  const url = `postgresql://someone:hunter2secret@127.0.0.1:${await freePort()}/none`;
  const output = await upFails(['--data-dir', newFolder(), '--port', String(await freePort()), '--database-url', url]);
  expect(output).toContain('E_DB_UNREACHABLE');
  expect(output).not.toContain('hunter2secret');
});

test('a sweep file with a typo names the nearest known key', async () => {
  const folder = newFolder();
  const file = path.join(folder, 'typo.yaml');
  writeFileSync(file, 'name: typo\nmethod: grid\nparameters:\n  latnet: { values: [2] }\nseeds: { count: 1 }\n');
  const output = await upFails(['--data-dir', folder, '--port', String(await freePort()), '--sweep', file]);
  expect(output).toMatch(/E_SWEEP_/);
  expect(output).toContain('latnet');
  expect(output).toContain('latent');
});

test('a worker with a wrong token stops with a clear message', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  const args = ['--url', coordinator.url, '--token', 'not-the-token', '--name', 'stranger', '--data-dir', newFolder()];
  const worker = start(programs.worker, args);
  expect(await worker.exited).toEqual({ code: 2, signal: null });
  expect(worker.output()).toContain('E_TOKEN');
});
