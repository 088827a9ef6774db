import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { noTrials } from '@gradpool/protocol';
import { openApi } from '../client/api.ts';
import { startFakeCoordinator, type FakeCoordinator, type FakeOptions } from '../testing/fake-coordinator.ts';
import { recordingOutput } from '../testing/recording-output.ts';
import {
  id,
  sampleBoard,
  sampleStats,
  sampleSweep,
  sampleTrial,
  sampleWorker,
  settledSweep,
} from '../testing/sample-room.ts';
import { dryRun } from './dry-run.ts';
import { exportSweep } from './export.ts';
import { showLeaderboard } from './leaderboard.ts';
import { showStatus } from './status.ts';
import { listSweeps, showSweep } from './sweep-look.ts';
import { commandRoom, listWorkers, removeWorker } from './room-steer.ts';
import { runPooled, runSweep } from './sweep-run.ts';
import { commandSweep, extendSweep } from './sweep-steer.ts';

let fake: FakeCoordinator;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradpool-client-'));
});
afterEach(async () => {
  await fake.close();
  rmSync(folder, { recursive: true, force: true });
});

type Answers = Readonly<Record<string, unknown>>;

/** A coordinator that answers `METHOD path` with a JSON value. */
async function serve(answers: Answers, options: Partial<FakeOptions> = {}): Promise<void> {
  fake = await startFakeCoordinator({
    answer: ({ method, path }) => {
      const json = answers[`${method} ${path}`];
      return json === undefined ? null : { json };
    },
    tokens: ['secret'],
    ...options,
  });
}

const address = () => ({ url: fake.url, token: 'secret', ca: null });
const looking = (mode: 'plain' | 'json' = 'plain') => ({ api: openApi(address()), output: recordingOutput(mode) });

const sweepYaml = `
name: quickstart
parameters:
  latent: {values: [2, 8]}
  noise: {values: [0, 0.3]}
  epochs: {value: 2}
seeds: {count: 3}
`;

const sweepFile = () => {
  const file = join(folder, 'sweep.yaml');
  writeFileSync(file, sweepYaml);
  return file;
};

test('run takes files with pooled trials only, and says so before it asks anybody', async () => {
  await serve({});
  const run = runPooled({ file: sweepFile(), address: address(), output: recordingOutput() });
  await expect(run).rejects.toMatchObject({ code: 'E_USAGE', message: expect.stringContaining('no key pooled') });
});

describe('leaderboard', () => {
  test('the newest sweep where none is named: grid, baselines and ranking', async () => {
    const newest = settledSweep({ sweepId: id(2), createdAt: 9_000 });
    await serve({
      'GET /api/sweeps': { sweeps: [settledSweep(), newest] },
      [`GET /api/sweeps/${newest.sweepId}`]: newest,
      [`GET /api/sweeps/${newest.sweepId}/leaderboard`]: sampleBoard(),
    });
    const output = recordingOutput();
    await showLeaderboard({ sweep: null, top: 20, address: address(), output });
    expect(output.text()).toMatch(/error by latent size[^]*without training[^]*ranking of 9 cells/);
  });

  test('what is still to come, and what failed', async () => {
    const sweep = sampleSweep({ trials: { ...noTrials, running: 1, failed: 1 } });
    const failed = sampleTrial(1, { state: 'failed', errorCode: 'E_NAN_LOSS', errorMessage: 'the loss became NaN' });
    await serve({
      'GET /api/sweeps/quick%20start': sweep,
      [`GET /api/sweeps/${sweep.sweepId}/leaderboard`]: sampleBoard(),
      [`GET /api/sweeps/${sweep.sweepId}/trials`]: { trials: [failed, sampleTrial(2)] },
    });
    const output = recordingOutput();
    await showLeaderboard({ sweep: 'quick start', top: 20, address: address(), output });
    expect(output.text()).toContain('4 of 9 cells done; about 2 min left.');
    expect(output.text()).toContain('latent 8, noise 0.3, seed 0: E_NAN_LOSS: the loss became NaN');
  });

  test('--json is the board as the coordinator gave it', async () => {
    const sweep = settledSweep();
    await serve({
      'GET /api/sweeps/quickstart': sweep,
      [`GET /api/sweeps/${sweep.sweepId}/leaderboard`]: sampleBoard(),
    });
    const output = recordingOutput('json');
    await showLeaderboard({ sweep: 'quickstart', top: 20, address: address(), output });
    expect(output.values).toEqual([sampleBoard()]);
    expect(output.lines).toEqual([]);
  });

  test('no sweep at all', async () => {
    await serve({ 'GET /api/sweeps': { sweeps: [] } });
    const shown = showLeaderboard({ sweep: null, top: 20, address: address(), output: recordingOutput() });
    await expect(shown).rejects.toMatchObject({ code: 'E_NOT_FOUND', exit: 2 });
  });
});

describe('sweep run', () => {
  const submitted = { sweepId: id(1), created: true, cells: 4, trials: 12 };

  test('submits the file as it is and says how to follow it', async () => {
    await serve({ 'POST /api/sweeps': submitted, [`GET /api/sweeps/${id(1)}`]: sampleSweep() });
    const output = recordingOutput();
    await runSweep({ file: sweepFile(), watch: false, address: address(), output });
    expect(fake.seen[0]).toEqual({ method: 'POST', path: '/api/sweeps', token: 'secret', body: { yaml: sweepYaml } });
    expect(output.lines).toEqual([
      '  Sweep quickstart: 4 cells, 12 trials',
      '  Follow it with: gradpool status',
      '  Its table:      gradpool leaderboard quickstart',
    ]);
  });

  test('--watch stays until the table', async () => {
    await serve(
      {
        'POST /api/sweeps': { ...submitted, created: false },
        [`GET /api/sweeps/${id(1)}`]: sampleSweep(),
        [`GET /api/sweeps/${id(1)}/leaderboard`]: sampleBoard(),
      },
      {
        snapshot: () => {
          // The sweep ends as soon as someone looks on.
          setImmediate(() =>
            fake.broadcast({
              ...{ type: 'changes', workers: [], trials: [], cells: [], points: [], pictures: [] },
              sweeps: [settledSweep()],
              stats: sampleStats(),
            }),
          );
          return { type: 'snapshot', version: 1, sweeps: [sampleSweep()], workers: [], stats: sampleStats() };
        },
      },
    );
    const output = recordingOutput();
    await runSweep({ file: sweepFile(), watch: true, address: address(), output });
    expect(output.lines[0]).toBe('  Sweep quickstart: 4 cells, 12 trials; here already, 4 of 9 done');
    expect(output.text()).toContain('error by latent size');
  });

  test('a sweep that had ended before is shown at once; failed trials are an error', async () => {
    const sweep = settledSweep({ trials: { ...noTrials, complete: 8, failed: 1 } });
    const failed = sampleTrial(1, { state: 'failed', errorCode: 'E_NAN_LOSS', errorMessage: 'the loss became NaN' });
    await serve({
      'POST /api/sweeps': { ...submitted, created: false },
      [`GET /api/sweeps/${id(1)}`]: sweep,
      [`GET /api/sweeps/${id(1)}/leaderboard`]: sampleBoard(),
      [`GET /api/sweeps/${id(1)}/trials`]: { trials: [failed] },
    });
    const output = recordingOutput();
    const ran = runSweep({ file: sweepFile(), watch: true, address: address(), output });
    await expect(ran).rejects.toMatchObject({
      code: 'E_TRIALS_FAILED',
      exit: 1,
      message: '1 trial of quickstart failed: latent 8, noise 0.3, seed 0: E_NAN_LOSS: the loss became NaN',
    });
    expect(output.text()).toContain('error by latent size');
  });

  test('nobody waits for a paused sweep', async () => {
    await serve({ 'POST /api/sweeps': submitted, [`GET /api/sweeps/${id(1)}`]: sampleSweep({ state: 'paused' }) });
    const ran = runSweep({ file: sweepFile(), watch: true, address: address(), output: recordingOutput() });
    await expect(ran).rejects.toMatchObject({ code: 'E_SWEEP_STOPPED', exit: 2 });
  });

  test('what the coordinator refuses is said in its words', async () => {
    await serve(
      {},
      {
        answer: () => ({
          status: 422,
          json: { code: 'E_SWEEP_UNKNOWN_KEY', message: 'line 2: unknown key paramters; did you mean parameters?' },
        }),
      },
    );
    const ran = runSweep({ file: sweepFile(), watch: false, address: address(), output: recordingOutput() });
    await expect(ran).rejects.toMatchObject({
      code: 'E_SWEEP_UNKNOWN_KEY',
      exit: 2,
      message: 'line 2: unknown key paramters; did you mean parameters?',
    });
  });
});

describe('sweep run --dry-run', () => {
  const flags = () => ({ url: fake.url, token: 'secret', dataDir: folder });

  test('asks a coordinator that knows its workers', async () => {
    await serve({ 'POST /api/sweeps?dryRun=true': { cells: 4, trials: 12, seeds: 3, estimateMs: 125_000 } });
    const output = recordingOutput();
    await dryRun({ file: sweepFile(), flags: flags(), output });
    expect(output.lines).toEqual([
      '  4 cells x 3 seeds = 12 trials',
      '  time: about 2 min (by the measured speed of the workers that are connected)',
      '  Nothing was submitted.',
    ]);
  });

  test('reckons by itself where no coordinator runs, and says on what', async () => {
    await serve({});
    const output = recordingOutput('json');
    await dryRun({ file: sweepFile(), flags: { dataDir: folder }, output });
    expect(output.values).toEqual([
      expect.objectContaining({
        dryRun: true,
        cells: 4,
        trials: 12,
        seeds: 3,
        estimateMs: expect.any(Number),
      }),
    ]);
    expect(fake.seen).toEqual([]);
  });

  test('a bad file is refused without a coordinator too', async () => {
    await serve({});
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'name: x\nparamters: {}\n');
    const ran = dryRun({ file, flags: { dataDir: folder }, output: recordingOutput() });
    await expect(ran).rejects.toMatchObject({ code: 'E_SWEEP_UNKNOWN_KEY', exit: 2 });
  });

  test('a coordinator that was named must answer', async () => {
    await serve({});
    const gone = { ...flags(), url: 'http://127.0.0.1:9' };
    const ran = dryRun({ file: sweepFile(), flags: gone, output: recordingOutput() });
    await expect(ran).rejects.toMatchObject({ code: 'E_UNREACHABLE', exit: 1 });
  });
});

describe('sweep list, show and steering', () => {
  test('the list, the newest first', async () => {
    await serve({ 'GET /api/sweeps': { sweeps: [settledSweep(), sampleSweep({ name: 'paper', createdAt: 9_000 })] } });
    const look = looking();
    await listSweeps(look);
    expect(look.output.lines).toEqual([
      '  sweep        cells done   trials   failed   state',
      '  paper            4 of 9        9        0   about 2 min left',
      '  quickstart       9 of 9        9        0   complete',
    ]);
  });

  test('an empty list says how to begin', async () => {
    await serve({ 'GET /api/sweeps': { sweeps: [] } });
    const look = looking();
    await listSweeps(look);
    expect(look.output.lines).toEqual(['  No sweep yet; add one with: gradpool sweep run FILE']);
  });

  test('one sweep with its trials', async () => {
    const trials = [sampleTrial(1), sampleTrial(2, { state: 'failed', errorCode: 'E_NAN_LOSS', score: null })];
    await serve({ 'GET /api/sweeps/quickstart': sampleSweep(), [`GET /api/sweeps/${id(1)}/trials`]: { trials } });
    const look = looking();
    await showSweep('quickstart', look);
    expect(look.output.lines.slice(-3)).toEqual([
      '  trial                         state                test MSE   took   attempts',
      '  latent 8, noise 0.3, seed 0   complete              0.01790   12 s          1',
      '  latent 8, noise 0.3, seed 0   failed: E_NAN_LOSS              12 s          1',
    ]);
  });

  test.each(['pause', 'resume', 'cancel'] as const)('%s', async (command) => {
    await serve({ [`POST /api/sweeps/quickstart/${command}`]: { sweepId: id(1), state: 'paused' } });
    const look = looking();
    await commandSweep('quickstart', command, look);
    expect(fake.seen[0]).toMatchObject({ method: 'POST', path: `/api/sweeps/quickstart/${command}` });
    expect(look.output.text()).toMatch(/^ {2}Sweep quickstart /);
  });

  test('extend sends what is to be added', async () => {
    await serve({ 'POST /api/sweeps/quickstart/extend': { sweepId: id(1), trialsAdded: 6, cells: 15, trials: 15 } });
    const look = looking();
    await extendSweep('quickstart', { parameters: { latent: [4, 16] }, seeds: 3 }, look);
    expect(fake.seen[0]?.body).toEqual({ parameters: { latent: [4, 16] }, seeds: 3 });
    expect(look.output.lines).toEqual(['  Sweep quickstart: 6 trials added, 15 cells and 15 trials now']);
    await expect(extendSweep('quickstart', { parameters: {}, seeds: null }, look)).rejects.toMatchObject({
      code: 'E_USAGE',
    });
  });
});

describe('status', () => {
  const answers = {
    'GET /api/sweeps': { sweeps: [sampleSweep()] },
    'GET /api/workers': { workers: [sampleWorker(1)] },
    'GET /api/stats': { ...sampleStats(), protocolVersion: 1, codeVersion: '0.1.0' },
  };

  test('once, in plain lines', async () => {
    await serve(answers);
    const output = recordingOutput();
    await showStatus({ address: address(), output, once: true });
    expect(output.lines[0]).toMatch(/^quickstart: 4 of 9 cells done; about 2 min left; /);
    expect(output.lines[1]).toMatch(/^ {2}worker-1 trains latent 8/);
  });

  test('once, as JSON', async () => {
    await serve(answers);
    const output = recordingOutput('json');
    await showStatus({ address: address(), output, once: true });
    expect(output.values).toMatchObject([{ sweeps: [{ name: 'quickstart' }], workers: [{ name: 'worker-1' }] }]);
  });
});

describe('export', () => {
  test('the coordinator’s bytes go to a file unchanged', async () => {
    const csv = 'sweep,latent\nquickstart,8\n';
    await serve({}, { answer: () => ({ text: csv, contentType: 'text/csv' }) });
    const output = recordingOutput();
    const file = join(folder, 'out.csv');
    await exportSweep({ sweep: 'quickstart', format: 'csv', file, address: address(), output });
    expect(fake.seen[0]?.path).toBe('/api/sweeps/quickstart/export?format=csv');
    expect(readFileSync(file, 'utf8')).toBe(csv);
  });

  test('a file that cannot be written', async () => {
    await serve({}, { answer: () => ({ text: 'x', contentType: 'text/csv' }) });
    const file = join(folder, 'absent', 'out.csv');
    const exported = exportSweep({ sweep: 's', format: 'csv', file, address: address(), output: recordingOutput() });
    await expect(exported).rejects.toMatchObject({ code: 'E_FILE', exit: 2 });
  });
});

describe('an address that is wrong', () => {
  test('a wrong token', async () => {
    await serve({});
    await expect(openApi({ url: fake.url, token: 'other', ca: null }).stats()).rejects.toMatchObject({
      code: 'E_TOKEN',
      exit: 2,
      message: expect.stringContaining('tokens.json'),
    });
  });

  test('nobody there', async () => {
    await serve({});
    await expect(openApi({ url: 'http://127.0.0.1:9', token: 't', ca: null }).stats()).rejects.toMatchObject({
      code: 'E_UNREACHABLE',
      exit: 1,
      message: expect.stringContaining('http://127.0.0.1:9'),
    });
  });

  test('somebody who takes the request and says nothing', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    try {
      await expect(openApi({ url, token: 't', ca: null }, 50).stats()).rejects.toMatchObject({
        code: 'E_TIMEOUT',
        exit: 1,
        message: expect.stringContaining('GET /api/stats within 0.05 s'),
      });
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  test('something else there', async () => {
    await serve({}, { answer: () => ({ text: '<html>', contentType: 'text/html' }) });
    await expect(openApi(address()).stats()).rejects.toMatchObject({ code: 'E_ANSWER', exit: 2 });
  });

  test('something else there that refuses', async () => {
    await serve({}, { answer: () => ({ text: '<html>', contentType: 'text/html', status: 418 }) });
    await expect(openApi(address()).stats()).rejects.toMatchObject({
      code: 'E_ANSWER',
      message: expect.stringContaining('418'),
    });
  });
});

describe('the room', () => {
  const workers = [
    sampleWorker(1, { name: 'Red Panda' }),
    sampleWorker(2, { name: 'Blue Whale', connected: false, leases: [] }),
    sampleWorker(3, { name: 'Twin', removed: true, connected: false }),
  ];

  test('workers with what they do', async () => {
    await serve({ 'GET /api/workers': { workers } });
    const { api, output } = looking();
    await listWorkers({ api, output });
    expect(output.text()).toMatch(/Red Panda .*train[^]*Blue Whale .*away[^]*Twin .*removed/);
  });

  test('a worker is removed by its name or id; a name that two have is refused', async () => {
    const [panda] = workers;
    const twins = [sampleWorker(4, { name: 'Twin' }), sampleWorker(5, { name: 'Twin' })];
    const answer = { workerId: panda?.workerId, name: 'Red Panda' };
    await serve({
      'GET /api/workers': { workers: [...workers, ...twins] },
      [`POST /api/workers/${panda?.workerId}/remove`]: answer,
    });
    const { api, output } = looking();
    await removeWorker('Red Panda', { api, output });
    await removeWorker(panda?.workerId ?? '', { api, output });
    expect(output.lines).toEqual(Array(2).fill(expect.stringContaining('Worker Red Panda is out')));
    await expect(removeWorker('Twin', { api, output })).rejects.toMatchObject({ code: 'E_USAGE', exit: 2 });
    await expect(removeWorker('Nobody', { api, output })).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  test('the lesson ends and goes on', async () => {
    await serve({
      'POST /api/room/end': { state: 'ended', pausedSweeps: [id(1)] },
      'POST /api/room/open': { state: 'open', pausedSweeps: [] },
    });
    const { api, output } = looking();
    await commandRoom('end', { api, output });
    await commandRoom('open', { api, output });
    expect(output.lines).toEqual([expect.stringContaining('1 sweep paused'), expect.stringContaining('room is open')]);
  });
});
