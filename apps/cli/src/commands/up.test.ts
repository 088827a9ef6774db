import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { noTrials } from '@gradpool/protocol';
import { scriptFolder, wellBehaved, type ScriptFolder } from '../testing/child-script.ts';
import { startFakeCoordinator, type FakeCoordinator } from '../testing/fake-coordinator.ts';
import { recordingOutput, type RecordingOutput } from '../testing/recording-output.ts';
import { id, sampleBoard, sampleStats, sampleSweep, sampleTrial, settledSweep } from '../testing/sample-room.ts';
import { openDataFolder, readServing, writeServing } from '../client/data-folder.ts';
import { up, type UpOptions } from './up.ts';
import { joinAsWorker } from './worker.ts';

const tokens = { viewer: 'vvv', join: 'jjj', trusted: 'ttt', admin: 'aaa' };
const failedTrial = sampleTrial(1, { state: 'failed', errorCode: 'E_NAN_LOSS', errorMessage: 'the loss became NaN' });

let folder: ScriptFolder;
let fake: FakeCoordinator;
let output: RecordingOutput;
/** The sweep as the fake has it now. */
let sweep = sampleSweep();

beforeEach(async () => {
  folder = scriptFolder();
  output = recordingOutput();
  sweep = sampleSweep();
  fake = await startFakeCoordinator({
    answer: ({ method, path }) => {
      if (method === 'POST') return { json: { sweepId: id(1), created: true, cells: 9, trials: 9 } };
      if (path.endsWith('/leaderboard')) return { json: sampleBoard() };
      if (path.endsWith('/trials')) return { json: { trials: [failedTrial] } };
      if (path === '/api/room') return { json: roomAnswer() };
      if (path === '/api/stats') return { json: { ...sampleStats(), protocolVersion: 1, codeVersion: '0' } };
      return { json: sweep };
    },
    snapshot: () => ({ type: 'snapshot', version: 1, sweeps: [sweep], workers: [], stats: sampleStats() }),
  });
});

afterEach(async () => {
  await fake.close();
  folder.remove();
});

const roomAnswer = () => ({
  ...{ roomName: 'lab', codeVersion: '0', role: 'admin', secure: false, urls: [fake.url] },
  links: { join: [`${fake.url}/join#t=jjj`], viewer: [`${fake.url}/#t=vvv`] },
});

const dataDir = () => join(folder.path, 'data');
const log = (name: string) => readFileSync(join(dataDir(), 'logs', `${name}.log`), 'utf8');

/** A coordinator that only says where the fake serves, and keeps its arguments in its log. */
const coordinatorScript = () => `
${wellBehaved}
console.log(process.argv.slice(2).join(' '));
process.send({ type: 'ready', url: ${JSON.stringify(fake.url)}, tokens: ${JSON.stringify(tokens)}, ca: null });`;

/** A worker that joins and keeps its arguments and token in its log. */
const workerScript = `
${wellBehaved}
console.log(process.argv.slice(2).join(' '), process.env.GRADPOOL_TOKEN);
process.send({ type: 'joined', workerId: 'w' });`;

function options(changes: Partial<UpOptions> = {}): UpOptions {
  const sweepFile = join(folder.path, 'sweep.yaml');
  writeFileSync(sweepFile, 'name: quickstart\nparameters: {latent: {values: [2, 8]}}\n');
  return {
    ...{
      threads: 2,
      host: '127.0.0.1',
      port: 0,
      databaseUrl: null,
      roomName: null,
      coordinatorArguments: [],
      once: true,
    },
    dataDir: dataDir(),
    sweepFile,
    output,
    entries: {
      coordinator: folder.script('coordinator', coordinatorScript()),
      worker: folder.script('worker', workerScript),
    },
    ...changes,
  };
}

/** The sweep ends as soon as the worker has said its arguments. */
async function endWhenWorking(ended = settledSweep()): Promise<void> {
  const working = () => existsSync(dataDir()) && readdirSync(join(dataDir(), 'logs')).includes('worker.log');
  while (!working() || log('worker') === '') await new Promise((resolve) => setImmediate(resolve));
  sweep = ended;
  const stats = sampleStats();
  const nothing = { workers: [], trials: [], cells: [], points: [], pictures: [] };
  // Again and again, because the viewer may still be on its way.
  const timer = setInterval(() => fake.broadcast({ type: 'changes', ...nothing, sweeps: [ended], stats }), 20);
  timer.unref();
  ends.push(() => clearInterval(timer));
}
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

describe('up --once', () => {
  test('[S1] starts everything, submits the sweep, shows the table and leaves nobody behind', async () => {
    const done = up(options());
    await endWhenWorking();
    await done;
    expect(output.text()).toMatch(
      /serves http[^]*join {5}jjj[^]*Sweep quickstart: 9 cells[^]*error by latent size[^]*Stopped/,
    );
    expect(fake.seen[1]).toMatchObject({ method: 'POST', path: '/api/sweeps', token: 'aaa' });
    expect(log('coordinator')).toBe(`--host 127.0.0.1 --port 0 --data-dir ${dataDir()}\n`);
    const place = `--url ${fake.url} --data-dir ${dataDir()}`;
    expect(log('evaluator')).toBe(`${place} --name evaluator --kind evaluate ttt\n`);
    expect(log('worker')).toBe(`${place} --name worker --kind train --threads 2 jjj\n`);
    expect(readServing(dataDir())).toBeNull();
  });

  test('a sweep that is done already is shown at once, and nothing is trained', async () => {
    sweep = settledSweep();
    await up(options());
    expect(output.text()).toContain('error by latent size');
    expect(readdirSync(join(dataDir(), 'logs'))).toEqual(['coordinator.log']);
  });

  test('failed trials: the table all the same, then the reason', async () => {
    const done = up(options());
    const failed = expect(done).rejects.toMatchObject({
      code: 'E_TRIALS_FAILED',
      exit: 1,
      message: expect.stringContaining('E_NAN_LOSS: the loss became NaN'),
    });
    await endWhenWorking(settledSweep({ trials: { ...noTrials, complete: 8, failed: 1 } }));
    await failed;
    expect(output.text()).toContain('error by latent size');
  });

  test('tokens are shown at the first start only', async () => {
    sweep = settledSweep();
    await up(options());
    expect(output.text()).toContain('New tokens');
    writeFileSync(join(dataDir(), 'tokens.json'), JSON.stringify(tokens));
    output = recordingOutput();
    await up(options());
    expect(output.text()).not.toContain('New tokens');
  });

  test('[O3] --json: events, then the table', async () => {
    sweep = settledSweep();
    output = recordingOutput('json');
    await up(options());
    expect(output.values.map((value) => (value as { event: string }).event)).toEqual([
      'serving',
      'sweep',
      'table',
      'stopping',
      'stopped',
    ]);
    expect(output.values[0]).toMatchObject({ joinLinks: [`${fake.url}/join#t=jjj`], adminLink: `${fake.url}/#t=aaa` });
    expect(output.values[2]).toEqual({ event: 'table', leaderboard: sampleBoard(), failed: [] });
  });
});

describe('what goes wrong', () => {
  const fatal = `process.send({ type: 'fatal', code: 'E_PORT_IN_USE', message: 'port 4710 is taken' }, () => process.exit(2));`;
  const broken = () => ({ coordinator: folder.script('broken', fatal), worker: folder.script('worker', workerScript) });

  test('[S4] a coordinator that cannot start says why, and its exit code is kept', async () => {
    await expect(up(options({ entries: broken() }))).rejects.toMatchObject({
      code: 'E_PORT_IN_USE',
      exit: 2,
      message: 'port 4710 is taken',
    });
    expect(readServing(dataDir())).toBeNull();
  });

  test('with someone else on the data folder, the message says who', async () => {
    openDataFolder(dataDir());
    writeServing(dataDir(), { url: 'http://127.0.0.1:4711', pid: process.ppid, ca: null });
    await expect(up(options({ entries: broken() }))).rejects.toMatchObject({
      message: `port 4710 is taken; gradpool runs on this data folder already: http://127.0.0.1:4711 (process ${process.ppid})`,
    });
    expect(readServing(dataDir())?.pid).toBe(process.ppid);
  });

  test('[S4] without any worker that stays up, --once gives up with the reason', async () => {
    const refused = `process.send({ type: 'fatal', code: 'E_TOKEN', message: 'no' }, () => process.exit(2));`;
    const entries = { coordinator: options().entries.coordinator, worker: folder.script('refused', refused) };
    await expect(up(options({ entries }))).rejects.toMatchObject({ code: 'E_TOKEN', exit: 2 });
  });

  test('a sweep file with a slip is refused before anything starts', async () => {
    const sweepFile = join(folder.path, 'slip.yaml');
    writeFileSync(sweepFile, 'name: quickstart\nparamters: {latent: {values: [2, 8]}}\n');
    await expect(up(options({ sweepFile }))).rejects.toMatchObject({
      code: 'E_SWEEP_UNKNOWN_KEY',
      exit: 2,
      message: expect.stringContaining('parameters'),
    });
    expect(existsSync(dataDir())).toBe(false);
  });

  test('a sweep that the coordinator refuses ends the run', async () => {
    await fake.close();
    fake = await startFakeCoordinator({
      answer: ({ path }) =>
        path === '/api/room'
          ? { json: roomAnswer() }
          : { status: 422, json: { code: 'E_SWEEP_VALUE', message: 'line 3: latent must be a number' } },
    });
    await expect(up(options())).rejects.toMatchObject({ code: 'E_SWEEP_VALUE', exit: 2 });
  });
});

test('[S5] Ctrl-C drains and ends in good order', async () => {
  const done = up(options({ once: false }));
  await endWhenWorking();
  // What npm makes of one press: the terminal's own signal and its echo.
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGINT', 'SIGINT');
  await done;
  expect(output.lines.at(-1)).toMatch(/^ {2}Stopped\. Everything is kept in /);
});

test('worker: joins under this machine’s name, leaves on Ctrl-C', async () => {
  const worker = folder.script('worker', workerScript);
  const address = { url: fake.url, token: 'jjj', ca: null };
  const done = joinAsWorker({ address, threads: 2, dataDir: dataDir(), output, entry: worker });
  const logs = () => (existsSync(join(dataDir(), 'logs')) ? readdirSync(join(dataDir(), 'logs')).sort() : []);
  while (logs().length < 1) await new Promise((resolve) => setImmediate(resolve));
  process.emit('SIGTERM', 'SIGTERM');
  await done;
  expect(logs().join()).toBe(`${hostname().slice(0, 40)}.log`);
  expect(output.lines[0]).toBe(`  Joining ${fake.url} (3 workers there) to train 2 trials at a time on this machine`);
});

test('worker: a wrong token is said once, before anything starts', async () => {
  await fake.close();
  fake = await startFakeCoordinator({ answer: () => ({ json: {} }), tokens: ['other'] });
  const address = { url: fake.url, token: 'jjj', ca: null };
  const joined = joinAsWorker({ address, threads: 2, dataDir: dataDir(), output, entry: 'never.cjs' });
  await expect(joined).rejects.toMatchObject({ code: 'E_TOKEN', exit: 2 });
});
