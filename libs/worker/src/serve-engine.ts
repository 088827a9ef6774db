import type { Backend } from '@gradpool/training';
import type { Engine, TrainTask } from './engine.ts';
import { checkpointIn } from './engine-failure.ts';
import type {
  EngineAnswers,
  EngineCall,
  EngineWish,
  FromEngine,
  SharedDataset,
  ToEngine,
  TrainingNews,
} from './engine-messages.ts';
import { failureOf, WorkError } from './work-error.ts';

export interface ServeEngineOptions<Dataset> {
  readonly engine: Engine<Dataset>;
  readonly openBackend: (wish: EngineWish) => Promise<Backend>;
  /** Lets messages in between two steps of work. */
  readonly yieldToLoop: () => Promise<void>;
  /** `handedOver`: memory of the message that nobody here reads any more, so that it need not be copied. */
  readonly tell: (message: FromEngine, handedOver: ArrayBuffer[]) => void;
  readonly onPower?: (share: number) => void;
}

interface Running {
  readonly stop: AbortController;
  readonly asked: Set<'checkpoint' | 'preview'>;
}

/** The thread's end of an `EngineThreads`: takes the other end's messages and answers by `tell`. */
export function serveEngine<Dataset>(options: ServeEngineOptions<Dataset>): (message: ToEngine) => void {
  const running = new Map<number, Running>();
  const datasetOf = datasetKeeper(options.engine);
  const answer = async (id: number, shared: SharedDataset, call: EngineCall): Promise<void> => {
    const here: Running = { stop: new AbortController(), asked: new Set() };
    running.set(id, here);
    try {
      const done = await perform(options, { id, here, call, dataset: await datasetOf(shared) });
      options.tell({ type: 'done', id, answer: compact(done) }, vectorsOf(done));
    } catch (error) {
      const checkpoint = checkpointIn(error);
      options.tell({ type: 'failed', id, ...failureOf(error), checkpoint: checkpoint && compact(checkpoint) }, []);
    } finally {
      running.delete(id);
    }
  };
  return (message) => {
    switch (message.type) {
      case 'open':
        void open(options, message.wish);
        return;
      case 'call':
        void answer(message.id, message.dataset, message.call);
        return;
      case 'ask':
        running.get(message.id)?.asked.add(message.what);
        return;
      case 'stop':
        running.get(message.id)?.stop.abort();
        return;
      case 'power':
        options.onPower?.(message.share);
        return;
      default:
        message satisfies never;
    }
  };
}

async function open<Dataset>({ openBackend, tell }: ServeEngineOptions<Dataset>, wish: EngineWish): Promise<void> {
  try {
    tell({ type: 'opened', backend: await openBackend(wish) }, []);
  } catch (error) {
    tell({ type: 'notOpened', ...failureOf(error) }, []);
  }
}

/** Keeps the last data set, since nearly every call is about the same one. One that did not load is tried anew. */
function datasetKeeper<Dataset>(engine: Engine<Dataset>): (shared: SharedDataset) => Promise<Dataset> {
  let kept: { readonly digest: string; readonly dataset: Promise<Dataset> } | null = null;
  return async ({ digest, manifest, files }) => {
    if (kept?.digest !== digest) {
      const dataset = engine.loadDataset(manifest, async ({ sha256 }) => {
        const file = files[sha256];
        if (file instanceof Uint8Array) return file;
        if (file) return new Uint8Array(await file.arrayBuffer());
        throw new WorkError('E_DATA_UNAVAILABLE', `the file ${sha256} of data set ${digest} was not handed over`);
      });
      kept = { digest, dataset };
    }
    const mine = kept;
    try {
      return await mine.dataset;
    } catch (error) {
      if (kept === mine) kept = null;
      throw error;
    }
  };
}

interface Call<Dataset> {
  readonly id: number;
  readonly here: Running;
  readonly call: EngineCall;
  readonly dataset: Dataset;
}

function perform<Dataset>(
  options: ServeEngineOptions<Dataset>,
  { id, here, call, dataset }: Call<Dataset>,
): Promise<EngineAnswers[keyof EngineAnswers]> {
  const { engine, yieldToLoop, tell } = options;
  const surroundings = { dataset, signal: here.stop.signal, yieldToLoop };
  switch (call.method) {
    case 'trainTrial': {
      const news = (said: TrainingNews): void => {
        tell({ type: 'news', id, news: said }, []);
      };
      return engine.trainTrial({ ...surroundings, ...call.task, ...trainingCalls(here, call.task, news) });
    }
    case 'evaluateWeights':
      return engine.evaluateWeights({ ...surroundings, ...call.task });
    case 'embedWeights':
      return engine.embedWeights({ ...surroundings, ...call.task });
    case 'validateWeights':
      return engine.validateWeights({ ...surroundings, ...call.task });
    case 'computeMicroBatches':
      return engine.computeMicroBatches({ ...surroundings, ...call.task });
    case 'trainLane':
      return engine.trainLane({ ...surroundings, ...call.task });
    case 'computeBaselines':
      return engine.computeBaselines({ ...surroundings, ...call.task });
    default:
      return call satisfies never;
  }
}

type TrainingCalls = Omit<
  TrainTask<never>,
  'spec' | 'metric' | 'dataset' | 'resume' | 'stopAfter' | 'signal' | 'yieldToLoop'
>;

function trainingCalls(
  { asked }: Running,
  { lastPreview }: { readonly lastPreview: boolean },
  news: (said: TrainingNews) => void,
): TrainingCalls {
  return {
    onProgress: (position) => {
      news({ type: 'progress', position });
    },
    onEpoch: (points) => {
      news({ type: 'epoch', points });
    },
    onPictures: (pictures) => {
      news({ type: 'pictures', pictures: compact(pictures) });
    },
    checkpointDue: () => asked.delete('checkpoint'),
    onCheckpoint: (checkpoint) => {
      news({ type: 'checkpoint', checkpoint: compact(checkpoint) });
    },
    previewDue: (last) => (last ? lastPreview : asked.delete('preview')),
    onPreview: (preview) => {
      news({ type: 'preview', preview: compact(preview) });
    },
  };
}

/** A view travels with all of its buffer, which may be the backend's whole heap: such views are cut out first. */
function compact<Value extends object>(value: Value): Value {
  const cut = Object.entries(value).flatMap(([key, field]: [string, unknown]) =>
    isPartOfBuffer(field) ? [[key, field.slice()] as const] : [],
  );
  return cut.length === 0 ? value : { ...value, ...Object.fromEntries(cut) };
}

/** The memory of what a pooled round asks for, made for this one answer. Whatever else an engine answers it may go on using. */
function vectorsOf(answer: EngineAnswers[keyof EngineAnswers]): ArrayBuffer[] {
  if (!answer || typeof answer !== 'object') return [];
  const vectors = 'sum' in answer ? [answer.sum] : 'delta' in answer ? [answer.delta, ...answer.moments.vectors] : [];
  return vectors.flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
  );
}

function isPartOfBuffer(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && value.byteLength !== value.buffer.byteLength;
}
