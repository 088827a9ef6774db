import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, medianRatio } from './statistics.ts';

/**
 * `npm run bench:quickstart`: from the command to the table, the sweep of `npm start` in a fresh data folder: with our kernels, and
 * with those that tfjs's wasm backend brings (GRADPOOL_KERNELS=stock: stock products, the model through tfjs, the optimizer in
 * TypeScript). Both by turns, everything counted: start, data, training, baselines, verification. Two epochs on stock kernels take
 * many minutes, so it is one by default: `--epochs N`; `--images N` trains on fewer, `--rounds N` repeats both. `--json` prints the key
 * of the project's target last.
 */
const epochs = Number(argumentAfter('--epochs') ?? 1);
const images = argumentAfter('--images');
const rounds = Number(argumentAfter('--rounds') ?? 1);
const threads = Number(argumentAfter('--threads') ?? availableParallelism());
const root = fileURLToPath(new URL('../../', import.meta.url));

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'gradpool-bench-'));
  try {
    const sweep = path.join(folder, 'sweep.yaml');
    await writeFile(sweep, await sweepText());
    const seconds = { own: [] as number[], stock: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      for (const kernels of ['own', 'stock'] as const) {
        seconds[kernels].push(await runOnce(sweep, path.join(folder, `${kernels}-${round}`), kernels));
      }
    }
    console.table({
      'gradpool kernels': { 'seconds to the table': Math.round(median(seconds.own)) },
      'stock kernels': { 'seconds to the table': Math.round(median(seconds.stock)) },
    });
    console.log(`sweeps/quickstart.yaml with ${epochs} epoch(s) of ${images ?? 'all'} images, ${threads} engine(s)`);
    if (!process.argv.includes('--json')) return;
    const quickStartSpeedup = medianRatio(seconds.stock, seconds.own);
    console.log(JSON.stringify({ quickStartSpeedup, quickStartSeconds: Math.round(median(seconds.own)) }));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** The quick start's sweep with as many epochs and images as are asked for. */
async function sweepText(): Promise<string> {
  const text = await readFile(path.join(root, 'sweeps/quickstart.yaml'), 'utf8');
  const few = images === undefined ? '' : `\n  train_images:\n    value: ${images}`;
  const changed = text.replace(/(epochs:\s+value: )\d+/, `$1${epochs}${few}`);
  if (!changed.includes(`value: ${epochs}\n`)) throw new Error('sweeps/quickstart.yaml has no epochs to set');
  return changed;
}

/** Seconds that `gradpool up --once` takes, from an empty folder. Throws with its last lines where it fails. */
async function runOnce(sweep: string, dataDir: string, kernels: 'own' | 'stock'): Promise<number> {
  const startedAt = performance.now();
  const flags = ['--once', '--port', '0', '--threads', String(threads), '--data-dir', dataDir, '--sweep', sweep];
  const child = spawn(process.execPath, [path.join(root, 'apps/cli/bin/gradpool.js'), 'up', ...flags], {
    env: { ...process.env, GRADPOOL_KERNELS: kernels },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4_000)));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`gradpool up with ${kernels} kernels ended with ${code}:\n${output}`);
  return (performance.now() - startedAt) / 1000;
}

function argumentAfter(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

await main();
