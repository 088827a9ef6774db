import { startPytorch, type Pytorch } from './pytorch.ts';
import { median, medianRatio } from './statistics.ts';
import type { Configuration } from './train-child.ts';
import { startTrainProcess } from './train-process.ts';

/**
 * `npm run bench:train`: images a second of whole training steps, by model and backend, one process each, and PyTorch on
 * one thread beside them where a Python with it is installed. Every configuration lives in a process of its own (stock
 * kernels must never meet ours); they are measured by turns and the median of the rounds counts. `--rounds N` changes
 * how many there are; `--json` prints the keys of the project's targets last. `--processor-time` divides by the time that
 * a process was given, not by the time that went by: the ratios then hold on a busy machine too.
 */
const clock = process.argv.includes('--processor-time') ? 'processor' : 'elapsed';
const rounds = Number(argumentAfter('--rounds') ?? 15);

const standard = { model: 'mlp', noise: 0 } as const;
const peer: Configuration['spec'] = { model: 'mlp', noise: 0, hidden: [512, 128] };
const cnn = { model: 'cnn', noise: 0 } as const;
const standardLabel = 'mlp 784-512-256-32';
const peerLabel = 'mlp 784-512-128-32';
/** Pictures without an empty background: no step of a product can be left out. PyTorch's side makes no noise. */
const noisyPeerLabel = `${peerLabel}, noise 0.3`;
const cnnLabel = 'cnn 16-32-32';
const tfjsLabel = (label: string): string => `${label}, by tfjs`;
const togetherLabel = `${standardLabel}, two engines`;

const configurations: readonly (Omit<Configuration, 'clock'> & { readonly label: string })[] = [
  { label: standardLabel, backend: 'stock wasm', spec: standard, images: 512 },
  { label: standardLabel, backend: 'wasm', spec: standard, images: 2_560 },
  { label: togetherLabel, backend: 'wasm', spec: standard, images: 2_560, engines: 2 },
  { label: `${standardLabel}, noise 0.3`, backend: 'wasm', spec: { ...standard, noise: 0.3 }, images: 2_560 },
  { label: peerLabel, backend: 'wasm', spec: peer, images: 2_560 },
  { label: noisyPeerLabel, backend: 'wasm', spec: { ...peer, noise: 0.3 }, images: 2_560 },
  { label: tfjsLabel(peerLabel), backend: 'wasm', spec: peer, images: 2_560, through: 'tfjs' },
  { label: cnnLabel, backend: 'wasm', spec: cnn, images: 2_560 },
  { label: tfjsLabel(cnnLabel), backend: 'wasm', spec: cnn, images: 2_560, through: 'tfjs' },
  { label: standardLabel, backend: 'tensorflow', spec: standard, images: 12_800 },
  { label: cnnLabel, backend: 'tensorflow', spec: cnn, images: 12_800 },
];

/** What PyTorch trains; ours are the rows of the same label. */
const peerTasks = [
  { label: standardLabel, task: { model: 'mlp', sizes: [784, 512, 256, 32, 256, 512, 784], batch: 128, steps: 20 } },
  { label: peerLabel, task: { model: 'mlp', sizes: [784, 512, 128, 32, 128, 512, 784], batch: 128, steps: 20 } },
  { label: cnnLabel, task: { model: 'cnn', latent: 32, batch: 128, steps: 20 } },
];

async function main(): Promise<void> {
  const pytorch = startPytorch();
  const runs = [
    ...(await Promise.all(configurations.map(startRun))),
    ...peerTasks.map((task) => peerRun(pytorch, task)),
  ];
  for (let round = 0; round < rounds; round += 1) {
    for (const run of runs) {
      if (run.measure) run.values.push(await run.measure());
    }
  }
  for (const { stop } of runs) stop();
  console.table(runs.map(row));
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures(runs)));
}

interface Run {
  readonly label: string;
  readonly backend: string;
  /** Images a second of one measurement; null where the configuration does not run here. */
  readonly measure: (() => Promise<number>) | null;
  readonly stop: () => void;
  readonly note: string;
  readonly values: number[];
}

async function startRun({ label, ...configuration }: (typeof configurations)[number]): Promise<Run> {
  const { backend, engines } = configuration;
  const started =
    clock === 'processor' && engines !== undefined
      ? 'two engines want two free cores: measured by elapsed time only'
      : await startTrainProcess({ ...configuration, clock });
  if (typeof started !== 'string') return { label, backend, ...started, note: '', values: [] };
  return { label, backend, measure: null, stop: () => undefined, note: started.slice(0, 90), values: [] };
}

function peerRun(pytorch: Pytorch | null, { label, task }: (typeof peerTasks)[number]): Run {
  if (!pytorch) {
    const note = 'no Python with torch (Debian: python3-torch libopenblas0-pthread)';
    return { label, backend: 'PyTorch', measure: null, stop: () => undefined, note, values: [] };
  }
  const backend = `PyTorch ${pytorch.version}`;
  return {
    label,
    backend,
    measure: () => pytorch.measure({ ...task, clock }),
    stop: pytorch.stop,
    note: '',
    values: [],
  };
}

function row({ label, backend, values, note }: Run): Record<string, string | number> {
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

function figures(runs: readonly Run[]): Record<string, number | null> {
  const of = (label: string, backend: string): number[] =>
    runs.find((run) => run.label === label && run.backend.startsWith(backend))?.values ?? [];
  const ours = of(standardLabel, 'wasm');
  return {
    mlpVsStock: ratio(ours, of(standardLabel, 'stock')),
    mlpImagesPerSecond: Math.round(median(ours)),
    cnnImagesPerSecond: Math.round(median(of(cnnLabel, 'wasm'))),
    mlpVsPytorch: ratio(of(peerLabel, 'wasm'), of(peerLabel, 'PyTorch')),
    noisyMlpVsPytorch: ratio(of(noisyPeerLabel, 'wasm'), of(peerLabel, 'PyTorch')),
    standardMlpVsPytorch: ratio(ours, of(standardLabel, 'PyTorch')),
    cnnVsPytorch: ratio(of(cnnLabel, 'wasm'), of(cnnLabel, 'PyTorch')),
    mlpTfjsVsPytorch: ratio(of(tfjsLabel(peerLabel), 'wasm'), of(peerLabel, 'PyTorch')),
    cnnTfjsVsPytorch: ratio(of(tfjsLabel(cnnLabel), 'wasm'), of(cnnLabel, 'PyTorch')),
    twoCoreSpeedup: ratio(of(togetherLabel, 'wasm'), ours),
  };
}

function ratio(values: readonly number[], others: readonly number[]): number | null {
  return others.length === 0 ? null : medianRatio(values, others);
}

function argumentAfter(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

await main();
