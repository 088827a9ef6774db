import { datasetDigest } from '@gradpool/experiment';
import type { Engine, TrainTask } from './engine.ts';
import type { SharedDataset, SharedFile, TrainingNews } from './engine-messages.ts';
import type { EngineThreads } from './engine-threads.ts';
import { lentVectors } from './lent-vectors.ts';

/**
 * A worker's engine whose calls are computed by these threads. `share` makes a file readable by all of them; `shareNumbers` makes room for
 * numbers that they all read, where the platform has such memory: a round's parameters are then copied once instead of for each lease.
 */
export function threadedEngine(
  threads: EngineThreads,
  share: (bytes: Uint8Array) => SharedFile,
  shareNumbers?: (length: number) => Float32Array,
): Engine<SharedDataset> {
  const lent = shareNumbers && lentVectors(shareNumbers);
  const atParameters = <Answer>(
    parameters: Float32Array,
    compute: (parameters: Float32Array) => Promise<Answer>,
  ): Promise<Answer> => (lent ? lent.during(parameters, compute) : compute(parameters));
  return {
    loadDataset: async (manifest, read) => {
      const files = await Promise.all(
        manifest.files.map(async (file) => [file.sha256, share(await read(file))] as const),
      );
      return { digest: datasetDigest(manifest), manifest, files: Object.fromEntries(files) };
    },
    trainTrial: (task) => {
      const { spec, metric, resume, stopAfter, dataset, signal } = task;
      const lastPreview = task.previewDue(true);
      const call = { method: 'trainTrial', task: { spec, metric, resume, stopAfter, lastPreview } } as const;
      return threads.run(call, { dataset, signal, onNews: trainingListener(task) });
    },
    evaluateWeights: ({ spec, weights, dataset, signal }) =>
      threads.run({ method: 'evaluateWeights', task: { spec, weights } }, { dataset, signal }),
    embedWeights: ({ spec, weights, dataset, signal }) =>
      threads.run({ method: 'embedWeights', task: { spec, weights } }, { dataset, signal }),
    validateWeights: ({ spec, weights, epoch, dataset, signal }) =>
      threads.run({ method: 'validateWeights', task: { spec, weights, epoch } }, { dataset, signal }),
    computeMicroBatches: ({ spec, parameters, round, from, to, dataset, signal }) =>
      atParameters(parameters, (shared) => {
        const task = { spec, parameters: shared, round, from, to };
        return threads.run({ method: 'computeMicroBatches', task }, { dataset, signal });
      }),
    trainLane: ({ dataset, signal, yieldToLoop: _here, parameters, ...task }) =>
      atParameters(parameters, (shared) =>
        threads.run({ method: 'trainLane', task: { ...task, parameters: shared } }, { dataset, signal }),
      ),
    computeBaselines: ({ tasks, dataset, signal }) =>
      threads.run({ method: 'computeBaselines', task: { tasks } }, { dataset, signal }),
  };
}

/** Passes news on, and asks for what is due: the thread cannot ask this side itself without waiting for an answer. */
function trainingListener(
  task: TrainTask<SharedDataset>,
): (news: TrainingNews, ask: (what: 'checkpoint' | 'preview') => void) => void {
  const asked = new Set<'checkpoint' | 'preview'>();
  const askOnce = (what: 'checkpoint' | 'preview', ask: (what: 'checkpoint' | 'preview') => void): void => {
    if (asked.has(what)) return;
    asked.add(what);
    ask(what);
  };
  return (news, ask) => {
    switch (news.type) {
      case 'progress':
        task.onProgress(news.position);
        if (task.checkpointDue()) askOnce('checkpoint', ask);
        if (task.previewDue(false)) askOnce('preview', ask);
        return;
      case 'epoch':
        return task.onEpoch(news.points);
      case 'pictures':
        return task.onPictures(news.pictures);
      case 'checkpoint':
        asked.delete('checkpoint');
        return task.onCheckpoint(news.checkpoint);
      case 'preview':
        asked.delete('preview');
        return task.onPreview(news.preview);
      default:
        news satisfies never;
    }
  };
}
