import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ChildReply, Configuration } from './train-child.ts';

/**
 * `npm run bench:train`: images a second of whole training steps, by model and backend, one process each. Every
 * configuration lives in a process of its own (stock kernels must never meet ours); they are measured by turns and
 * the median of the rounds counts. `--json` prints the keys of the project's targets last.
 */
const rounds = 5;

const mlp = { model: 'mlp', noise: 0 } as const;
const cnn = { model: 'cnn', noise: 0 } as const;
const configurations: readonly (Configuration & { readonly label: string })[] = [
  { label: 'mlp 784-512-256-32', backend: 'stock wasm', spec: mlp, images: 1_280 },
  { label: 'mlp 784-512-256-32', backend: 'wasm', spec: mlp, images: 6_400 },
  { label: 'mlp 784-512-256-32, noise 0.3', backend: 'wasm', spec: { ...mlp, noise: 0.3 }, images: 6_400 },
  { label: 'cnn 16-32-32', backend: 'wasm', spec: cnn, images: 6_400 },
  { label: 'mlp 784-512-256-32', backend: 'tensorflow', spec: mlp, images: 12_800 },
  { label: 'cnn 16-32-32', backend: 'tensorflow', spec: cnn, images: 12_800 },
];

async function main(): Promise<void> {
  const runs = await Promise.all(configurations.map(startRun));
  for (let round = 0; round < rounds; round += 1) {
    for (const run of runs) {
      if (run.child) run.values.push(await measure(run.child));
    }
  }
  for (const { child } of runs) child?.kill();
  console.table(runs.map(({ label, backend, values, note }) => row({ label, backend, values, note })));
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures(runs)));
}

interface Run {
  readonly label: string;
  readonly backend: Configuration['backend'];
  readonly child: ChildProcess | null;
  readonly note: string;
  readonly values: number[];
}

async function startRun({ label, ...configuration }: (typeof configurations)[number]): Promise<Run> {
  const child = fork(fileURLToPath(new URL('train-child.js', import.meta.url)), [JSON.stringify(configuration)]);
  const answer = await replyOf(child);
  const { backend } = configuration;
  if ('ready' in answer) return { label, backend, child, note: '', values: [] };
  child.kill();
  return { label, backend, child: null, note: 'error' in answer ? answer.error.slice(0, 90) : '', values: [] };
}

async function measure(child: ChildProcess): Promise<number> {
  const answer = replyOf(child);
  child.send('measure');
  const reply = await answer;
  if ('imagesPerSecond' in reply) return reply.imagesPerSecond;
  throw new Error('error' in reply ? reply.error : 'the child did not measure');
}

async function replyOf(child: ChildProcess): Promise<ChildReply> {
  const died = once(child, 'exit').then((): ChildReply => ({ error: 'the measuring process ended' }));
  const answered = once(child, 'message').then(([message]) => message as ChildReply);
  return Promise.race([answered, died]);
}

function row({ label, backend, values, note }: Omit<Run, 'child'>): Record<string, string | number> {
  const sorted = values.toSorted((a, b) => a - b);
  return values.length === 0
    ? { model: label, backend, 'images/s': '-', range: note }
    : {
        model: label,
        backend,
        'images/s': Math.round(median(values)),
        range: `${Math.round(sorted[0] ?? 0)} to ${Math.round(sorted.at(-1) ?? 0)}`,
      };
}

function figures(runs: readonly Run[]): Record<string, number> {
  const of = (model: string, backend: string): number[] =>
    runs.find((run) => run.label.startsWith(model) && run.backend === backend)?.values ?? [];
  const stock = of('mlp', 'stock wasm');
  const ratios = of('mlp', 'wasm').map((value, round) => value / (stock[round] ?? NaN));
  return {
    mlpVsStock: Math.round(100 * median(ratios)) / 100,
    mlpImagesPerSecond: Math.round(median(of('mlp', 'wasm'))),
    cnnImagesPerSecond: Math.round(median(of('cnn', 'wasm'))),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

await main();
