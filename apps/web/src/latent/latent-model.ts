import type { Embedding } from '@gradpool/training';
import type { CodedPictures, FromModel, ModelSource, ToModel } from './messages.ts';

/** A trained model at work in a Web Worker of its own. */
export interface LatentModel {
  readonly coded: CodedPictures;
  /** Pictures of codes, [count, code size], as bytes 0 to 255. */
  readonly decode: (codes: Float32Array) => Promise<Uint8Array>;
}

/** Why a model could not be opened; `code` is stable. */
export interface ModelFailure {
  readonly code: string;
  readonly message: string;
}

export interface OpenModelOptions {
  readonly source: ModelSource;
  readonly onOpen: (model: LatentModel) => void;
  /** Share of the embedding done, 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly onEmbedded: (embedding: Embedding) => void;
  readonly onFailure: (failure: ModelFailure) => void;
}

/** Starts it; the function that comes back ends it. */
export function openLatentModel(options: OpenModelOptions): () => void {
  const worker = new Worker(new URL('./model-worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, (pictures: Uint8Array) => void>();
  let asked = 0;
  const ask = (message: ToModel): void => {
    worker.postMessage(message);
  };
  const decode = (codes: Float32Array): Promise<Uint8Array> =>
    new Promise((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      ask({ type: 'decode', id: asked, codes });
    });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    const message = event.message === '' ? 'its script did not start' : event.message;
    options.onFailure({ code: 'E_BACKEND', message });
  });
  worker.addEventListener('message', ({ data }: MessageEvent<FromModel>) => {
    switch (data.type) {
      case 'opened':
        options.onOpen({ coded: data.coded, decode });
        return;
      case 'embedding':
        options.onProgress(data.share);
        return;
      case 'embedded':
        options.onEmbedded(data.embedding);
        return;
      case 'decoded':
        waiting.get(data.id)?.(data.pictures);
        waiting.delete(data.id);
        return;
      case 'failed':
        options.onFailure(data);
        return;
      default:
        data satisfies never;
    }
  });
  ask({ type: 'open', source: options.source });
  return () => {
    worker.terminate();
  };
}
