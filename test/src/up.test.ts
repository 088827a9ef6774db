import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { TrialsAnswer } from '@gradpool/protocol';
import { freePort } from './free-port.ts';
import { eventually, newFolder, processesOn, programs, readJson, start, stopAll } from './processes.ts';
import { smallSweep } from './small-sweep.ts';

afterEach(stopAll);

async function upArguments(epochs: number) {
  const dataDir = newFolder();
  const file = path.join(dataDir, 'small.yaml');
  writeFileSync(file, smallSweep({ name: 'small', latents: [2, 8], noises: [0, 0.3], epochs }));
  const port = await freePort();
  const args = ['up', '--data-dir', dataDir, '--port', String(port), '--threads', '2', '--sweep', file];
  return { dataDir, port, args };
}

async function trialsAt(dataDir: string, port: number): Promise<TrialsAnswer['trials']> {
  const { viewer } = readJson<{ viewer: string }>(path.join(dataDir, 'tokens.json'));
  const answer = await fetch(`http://127.0.0.1:${port}/api/sweeps/small/trials`, {
    headers: { authorization: `Bearer ${viewer}` },
  });
  return ((await answer.json()) as TrialsAnswer).trials;
}

function twoTrialsRun(dataDir: string, port: number): Promise<true> {
  return eventually('two trials run', async () => {
    const running = (await trialsAt(dataDir, port)).filter(({ state }) => state === 'running');
    return running.length === 2 ? true : undefined;
  });
}

test('up --once prints the grid and exits 0; a second one finds the results and trains nothing', async () => {
  const { dataDir, args } = await upArguments(1);
  const first = start(programs.cli, [...args, '--once']);
  expect(await first.exited).toEqual({ code: 0, signal: null });
  expect(first.output()).toMatch(/latent/);
  expect(first.output()).toMatch(/PCA/);
  expect(first.output()).toMatch(/0\.0\d+/);
  // No colour codes or cursor movement where the output is not a terminal.
  expect(first.output()).not.toContain('\u001b');

  const exported = start(programs.cli, [...args, '--once', '--json']);
  expect(await exported.exited).toEqual({ code: 0, signal: null });
  expect(exported.output()).not.toMatch(/"state":"running","seed"/);
  const again = readFileSync(path.join(dataDir, 'tokens.json'), 'utf8');
  expect(Object.keys(JSON.parse(again) as object).sort()).toEqual(['admin', 'join', 'trusted', 'viewer']);
});

test('Ctrl-C drains: the trials go back with their checkpoints, nothing is left running, exit 0', async () => {
  const { dataDir, port, args } = await upArguments(3000);
  const up = start(programs.cli, args);
  await twoTrialsRun(dataDir, port);
  // up itself, the coordinator, its database, the worker and the evaluator.
  if (process.platform === 'linux') expect(processesOn(dataDir).length).toBeGreaterThanOrEqual(4);
  up.child.kill('SIGINT');
  expect(await up.exited).toEqual({ code: 0, signal: null });
  expect(processesOn(dataDir)).toEqual([]);
});

test('a hard kill of up leaves no process behind, and up again goes on', async () => {
  const { dataDir, port, args } = await upArguments(3000);
  const up = start(programs.cli, args);
  await twoTrialsRun(dataDir, port);
  up.child.kill('SIGKILL');
  await up.exited;
  await eventually('the children are gone', () => (processesOn(dataDir).length === 0 ? true : undefined), 30_000);
  start(programs.cli, args);
  await twoTrialsRun(dataDir, port);
});
