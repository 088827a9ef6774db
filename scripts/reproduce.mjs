/**
 * Runs the ready-made sweeps one after the other, at full size, and writes each one's report and figures:
 * `npm run reproduce -- [--quick] [--only lab,paper] [--output FOLDER] [--threads N] [--cifar-dir FOLDER]`.
 * What is finished stays finished: the same command goes on where it was left. `--quick` keeps every sweep's shape and makes
 * its trials small: it shows that everything runs, and its figures mean nothing.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseSweep } from '@gradpool/experiment';

const root = fileURLToPath(new URL('..', import.meta.url));
const command = path.join(root, 'apps', 'cli', 'bin', 'gradpool.js');
/** In the order in which they run, the quick ones first. */
const sweeps = ['paper', 'autoencoders', 'lab', 'cifar'];
const small = { epochs: 1, train_images: 1_000, validation_images: 200, hidden: [64], channels: [4, 8] };

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    output: { type: 'string', default: 'results' },
    threads: { type: 'string' },
    'cifar-dir': { type: 'string' },
  },
});
const unknown = (values.only?.split(',') ?? []).filter((name) => !sweeps.includes(name));
if (unknown.length > 0) fail(`--only names ${unknown.join(', ')}; there are ${sweeps.join(', ')}`);

const output = path.resolve(values.output, values.quick ? 'quick' : 'full');
const dataDir = path.join(output, 'data');
const place = ['--data-dir', dataDir];
const chosen = values.only?.split(',') ?? sweeps.filter((name) => name !== 'cifar' || hasCifar());
mkdirSync(output, { recursive: true });
const coordinator = await startCoordinator();
try {
  const done = [];
  for (const name of chosen) done.push(await reproduce(name));
  writeFileSync(path.join(output, 'run.json'), `${JSON.stringify({ ...machine(), sweeps: done }, null, 2)}\n`);
  if (done.some(({ failed }) => failed !== undefined)) process.exitCode = 1;
  console.log(`\nReports, figures and what they ran on are in ${output}`);
} finally {
  coordinator.kill('SIGTERM');
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

/** Runs one sweep to its end, and tells how long that took here. */
async function reproduce(name) {
  const startedAt = Date.now();
  const file = path.join(output, `${name}.yaml`);
  writeFileSync(file, sweepText(name));
  const code = await gradpool('sweep', 'run', file, '--watch');
  if (code !== 0) return { name, failed: `gradpool sweep run ended with ${code}` };
  await gradpool('report', name, '--output', path.join(output, `${name}.html`));
  await gradpool('export', name, '--format', 'csv', '--output', path.join(output, `${name}.csv`));
  return { name, seconds: Math.round((Date.now() - startedAt) / 1000) };
}

function sweepText(name) {
  const text = readFileSync(path.join(root, 'sweeps', `${name}.yaml`), 'utf8');
  if (!values.quick) return text;
  const parsed = parseSweep(text);
  if (!parsed.ok) fail(parsed.message);
  const given = Object.fromEntries(Object.entries(small).map(([key, value]) => [key, { value }]));
  const parameters = { ...parsed.sweep.parameters, ...given };
  return JSON.stringify({ ...parsed.sweep, parameters, seeds: { count: 1, base: 0 } });
}

/** Resolves with the exit code; what it says goes where this program's own output goes. */
function gradpool(...args) {
  const child = spawn(process.execPath, [command, ...args, ...place], { stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => child.once('exit', resolve));
}

function machine() {
  const [cpu] = cpus();
  const command = `npm run reproduce -- ${process.argv.slice(2).join(' ')}`.trim();
  return { command, node: process.version, cpu: `${cpus().length} x ${cpu?.model}`, memoryBytes: totalmem() };
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
