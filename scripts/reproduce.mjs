/**
 * Runs the ready-made sweeps one after the other, at full size, and writes each one's report and figures:
 * `npm run reproduce -- [--quick] [--only lab,paper] [--output FOLDER] [--threads N] [--cifar-dir FOLDER]`.
 * What is finished stays finished: the same command goes on where it was left. `--quick` keeps every sweep's shape and makes
 * its trials small and few: it shows that everything runs, and its figures mean nothing. Exits with 1 where a trial failed
 * or a report is missing. `--output docs/results` writes what the repository keeps; databases stay in `results/`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseSweep } from '@gradpool/experiment';
import { resultsPage } from './results-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const command = path.join(root, 'apps', 'cli', 'bin', 'gradpool.js');
/** What these show is shown by themselves: the quick start, a class, and training together. */
const shownElsewhere = ['quickstart', 'lesson', 'pooled', 'pooled-local'];
/** The shorter ones first; those not named here follow. */
const order = ['paper', 'autoencoders', 'classify', 'few-labels', 'lab', 'lab-noisy', 'best', 'strong', 'cifar'];
const placeOf = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
const sweeps = readdirSync(path.join(root, 'sweeps'))
  .flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : []))
  .filter((name) => !shownElsewhere.includes(name))
  .sort((a, b) => placeOf(a) - placeOf(b));
const small = { epochs: 2, train_images: 2_000, validation_images: 200, hidden: [64], channels: [4, 8] };

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    output: { type: 'string' },
    threads: { type: 'string' },
    'cifar-dir': { type: 'string' },
  },
});
const unknown = (values.only?.split(',') ?? []).filter((name) => !sweeps.includes(name));
if (unknown.length > 0) fail(`--only names ${unknown.join(', ')}; there are ${sweeps.join(', ')}`);

const home = path.resolve('results', values.quick ? 'quick' : 'full');
const output = path.resolve(values.output ?? home);
const dataDir = path.join(home, 'data');
const place = ['--data-dir', dataDir];
for (const folder of [home, output]) mkdirSync(folder, { recursive: true });
const chosen = values.only?.split(',') ?? sweeps.filter((name) => !isCifar(name) || hasCifar());
const coordinator = await startCoordinator();
try {
  const faults = [];
  for (const name of chosen) faults.push(...(await reproduce(name)));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  console.log(`\nReports, figures and what they ran on are in ${output}`);
} finally {
  coordinator.kill('SIGTERM');
}

function isCifar(name) {
  return readFileSync(path.join(root, 'sweeps', `${name}.yaml`), 'utf8').includes('cifar-10 }');
}

/** CIFAR-10 does not come with the install. */
function hasCifar() {
  if (values['cifar-dir'] || existsSync(path.join(dataDir, 'cifar-10-batches-bin'))) return true;
  console.log(`cifar is left out; get the data with: npx gradpool fetch cifar-10 --data-dir ${dataDir}`);
  return false;
}

/** A coordinator with its evaluator and workers, serving. */
async function startCoordinator() {
  const threads = values.threads ? ['--threads', values.threads] : [];
  const cifar = values['cifar-dir'] ? ['--cifar-dir', path.resolve(values['cifar-dir'])] : [];
  const args = [command, 'up', '--no-sweep', '--json', '--port', '0', ...place, ...threads, ...cifar];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((_, reject) => child.once('exit', (code) => reject(new Error(`it ended with ${code}`))));
  // Reported by whoever waits for it.
  ended.catch(() => undefined);
  const serving = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (JSON.parse(line).event === 'serving') resolve(undefined);
    });
  });
  await Promise.race([serving, ended]);
  return child;
}

/** Runs one sweep to its end and writes what came of it; returns what went wrong. */
async function reproduce(name) {
  const file = path.join(home, `${name}.yaml`);
  writeFileSync(file, sweepText(name));
  const steps = [
    ['sweep', 'run', file, '--watch'],
    ['report', name, '--output', path.join(output, `${name}.html`)],
    ['export', name, '--format', 'csv', '--output', path.join(output, `${name}.csv`)],
  ];
  for (const step of steps) {
    const code = await persistently(step);
    if (code !== 0) return [`${name}: gradpool ${step[0]} ended with ${code}`];
  }
  const { trials, createdAt, finishedAt } = await ask(`/api/sweeps/${name}`);
  const all = (await ask(`/api/sweeps/${name}/trials`)).trials;
  const trainingMs = all.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0);
  noteRun({ name, trials: trials.complete, finishedAt, spanMs: finishedAt - createdAt, trainingMs });
  return trials.failed > 0 ? [`${name}: ${trials.failed} trials failed`] : [];
}

/** A machine that is busy with other things may let a request run out of time: what may pass is tried again. */
async function persistently(step) {
  const [mayPass, attemptsMax] = [1, 3];
  for (let attempt = 1; ; attempt += 1) {
    const code = await gradpool(...step);
    if (code !== mayPass || attempt === attemptsMax || step[0] === 'sweep') return code;
  }
}

/** What was run on what, beside the runs of earlier commands. */
function noteRun(run) {
  const file = path.join(output, 'run.json');
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).runs : [];
  const runs = [...before.filter(({ name }) => name !== run.name), { ...run, ...machine() }];
  runs.sort((a, b) => placeOf(a.name) - placeOf(b.name));
  writeFileSync(file, `${JSON.stringify({ quick: values.quick, runs }, null, 2)}\n`);
  writeFileSync(path.join(output, 'README.md'), resultsPage({ quick: values.quick, runs }));
}

/** In a quick run the ends of every list of numbers, and all names: so all sweeps share their baselines. */
function sweepText(name) {
  const text = readFileSync(path.join(root, 'sweeps', `${name}.yaml`), 'utf8');
  if (!values.quick) return text;
  const parsed = parseSweep(text);
  if (!parsed.ok) fail(parsed.message);
  const { parameters } = parsed.sweep;
  const given = Object.fromEntries(Object.entries(small).map(([key, value]) => [key, { value }]));
  if (parameters.classifier_epochs) given.classifier_epochs = { value: 2 };
  const ends = Object.entries(parameters).flatMap(([key, { values: all }]) =>
    all?.some((value) => typeof value === 'number') ? [[key, { values: [...new Set([all[0], all.at(-1)])] }]] : [],
  );
  const quick = { ...parameters, ...Object.fromEntries(ends), ...given };
  return JSON.stringify({ ...parsed.sweep, parameters: quick, seeds: { count: 1, base: 0 } });
}

/** Resolves with the exit code; what it says goes where this program's own output goes. */
function gradpool(...args) {
  const child = spawn(process.execPath, [command, ...args, ...place], { stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => child.once('exit', resolve));
}

/** An answer of the coordinator's HTTP API. */
async function ask(route) {
  const read = (name) => JSON.parse(readFileSync(path.join(dataDir, name), 'utf8'));
  const headers = { authorization: `Bearer ${read('tokens.json').viewer}` };
  const answer = await fetch(`${read('coordinator.json').url}${route}`, { headers });
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function machine() {
  const [cpu] = cpus();
  const command = `npm run reproduce -- ${process.argv.slice(2).join(' ')}`.replace(/ --$/, '').trim();
  return { command, node: process.version, cpu: `${cpus().length} x ${cpu?.model}`, memoryBytes: totalmem() };
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
