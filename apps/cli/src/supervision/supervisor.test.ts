import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ChildMessage } from '@gradpool/protocol';
import { scriptFolder, wellBehaved, type ScriptFolder } from '../testing/child-script.ts';
import { movedClock, type MovedClock } from '../testing/moved-clock.ts';
import type { Death } from './supervised-child.ts';
import { drainLimits, Supervisor } from './supervisor.ts';

let folder: ScriptFolder;
let clock: MovedClock;
let supervisor: Supervisor;
let deaths: Death[];
/** What happens next, awaited by a test: a message or a death. */
let heard: { messages: [string, ChildMessage][]; wake: () => void };

beforeEach(() => {
  folder = scriptFolder();
  clock = movedClock();
  deaths = [];
  heard = { messages: [], wake: () => undefined };
  supervisor = new Supervisor({
    logFolder: join(folder.path, 'logs'),
    clock,
    onMessage: (name, message) => {
      heard.messages.push([name, message]);
      heard.wake();
    },
    onDeath: (death) => {
      deaths.push(death);
      heard.wake();
    },
  });
});

afterEach(async () => {
  supervisor.kill();
  await supervisor.drain();
  folder.remove();
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      heard.wake = resolve;
    });
  }
};

const start = (name: string, text: string, args: readonly string[] = []) =>
  supervisor.start({ name, entry: folder.script(name, text), args: () => args });

const joins = (workerId: string) => `process.send({ type: 'joined', workerId: '${workerId}' });`;

test('[S2] a child that joined is running, and its words go to its log', async () => {
  start('worker-1', `${wellBehaved} console.log('args ' + process.argv.slice(2)); ${joins('w1')}`, ['--x', '1']);
  await until(() => heard.messages.length === 1);
  expect(supervisor.children()).toEqual([{ name: 'worker-1', state: 'running', workerId: 'w1' }]);
  await supervisor.drain();
  expect(supervisor.children()).toEqual([{ name: 'worker-1', state: 'gone', workerId: 'w1' }]);
  expect(readFileSync(join(folder.path, 'logs', 'worker-1.log'), 'utf8')).toBe('args --x,1\n');
  expect(deaths).toEqual([]);
});

test('[S3] a child that dies is started again when its wait is over, with its last lines told', async () => {
  start('worker-1', `console.error('out of memory'); process.exitCode = 1;`);
  await until(() => deaths.length === 1);
  expect(deaths[0]).toMatchObject({
    name: 'worker-1',
    ending: { code: 1, signal: null },
    decision: { restart: true, delayMs: 500 },
    tail: ['out of memory'],
  });
  clock.move(499);
  expect(supervisor.children()[0]?.state).toBe('waiting');
  clock.move(1);
  expect(supervisor.children()[0]?.state).toBe('starting');
  await until(() => deaths.length === 2);
  expect(deaths[1]?.decision).toEqual({ restart: true, delayMs: 1_000 });
});

test('[S3] after the fifth restart it stays down', async () => {
  start('worker-1', 'process.exitCode = 1;');
  for (let death = 1; death <= 6; death += 1) {
    await until(() => deaths.length === death);
    clock.move(16_000);
  }
  expect(deaths.at(-1)?.decision.restart).toBe(false);
  expect(supervisor.children()[0]?.state).toBe('failed');
  expect(clock.waiting()).toBe(0);
});

test('[S3] exit code 2 is final, and the reason is the child’s own', async () => {
  start(
    'coordinator',
    `process.send({ type: 'fatal', code: 'E_PORT', message: 'port 1 is taken' }, () => process.exit(2));`,
  );
  await until(() => deaths.length === 1);
  expect(deaths[0]).toMatchObject({
    decision: { restart: false },
    fatal: { code: 'E_PORT', message: 'port 1 is taken' },
  });
});

test('words that are no message are passed over', async () => {
  start('worker-1', `${wellBehaved} process.send({ type: 'nonsense' }); process.send(7); ${joins('w1')}`);
  await until(() => heard.messages.length === 1);
  expect(heard.messages).toEqual([['worker-1', { type: 'joined', workerId: 'w1' }]]);
});

test('[S5] workers are drained before the coordinator', async () => {
  const log = join(folder.path, 'order.txt');
  const leaving = (name: string) => `
    const { appendFileSync } = require('node:fs');
    process.on('message', () => { appendFileSync(${JSON.stringify(log)}, '${name}\\n'); process.exit(0); });
    ${joins(name)}`;
  start('coordinator', leaving('coordinator'));
  start('worker-1', leaving('worker-1'));
  await until(() => heard.messages.length === 2);
  await supervisor.drain(['coordinator']);
  expect(readFileSync(log, 'utf8')).toBe('worker-1\ncoordinator\n');
});

test('[S5] a child that does not leave in time is ended; one that waits for its restart never starts', async () => {
  start('deaf', `process.on('message', () => undefined); process.on('SIGTERM', () => undefined); ${joins('d')}`);
  start('dying', 'process.exitCode = 1;');
  await until(() => heard.messages.length === 1 && deaths.length === 1);
  const drained = supervisor.drain();
  clock.move(drainLimits.workersMs);
  await drained;
  clock.move(60_000);
  expect(supervisor.children().map(({ state }) => state)).toEqual(['gone', 'gone']);
});

test('a child whose file is missing counts as dead, not as a crash of the parent', async () => {
  supervisor.start({ name: 'worker-1', entry: join(folder.path, 'absent.cjs'), args: () => [] });
  await until(() => deaths.length === 1);
  // The last lines differ between Node versions; this code is in all of them.
  expect(deaths[0]?.tail.join('\n')).toContain('MODULE_NOT_FOUND');
});
