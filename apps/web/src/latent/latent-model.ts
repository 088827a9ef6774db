import type { CodedPictures, FromModel, ModelSource, PlacedCodes, ToModel } from './messages.ts';

/** A trained model at work in a Web Worker of its own. */
export interface LatentModel {
  readonly coded: CodedPictures;
  /** Pictures of codes, [count, code size], as bytes 0 to 255. */
  readonly decode: (codes: Float32Array) => Promise<Uint8Array>;
  /** Draws the codes in the plane, once; `onPlaced` is told every few steps. */
  readonly place: (onPlaced: (placed: PlacedCodes) => void) => void;
}

/** Why a model could not be opened; `code` is stable. */
export class ModelFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ModelFailure';
    this.code = code;
  }
}

export interface OpenedModel {
  /** Rejects with ModelFailure. */
  readonly model: Promise<LatentModel>;
  readonly close: () => void;
}

export function openLatentModel(source: ModelSource): OpenedModel {
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
  let tellPlaced: (placed: PlacedCodes) => void = () => undefined;
  const place: LatentModel['place'] = (onPlaced) => {
    tellPlaced = onPlaced;
    ask({ type: 'place' });
  };
  const model = new Promise<LatentModel>((resolve, reject) => {
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      reject(new ModelFailure('E_BACKEND', event.message === '' ? 'its script did not start' : event.message));
    });
    worker.addEventListener('message', ({ data }: MessageEvent<FromModel>) => {
      switch (data.type) {
        case 'opened':
          resolve({ coded: data.coded, decode, place });
          return;
        case 'decoded':
          waiting.get(data.id)?.(data.pictures);
          waiting.delete(data.id);
          return;
        case 'placed':
          tellPlaced(data.placed);
          return;
        case 'failed':
          reject(new ModelFailure(data.code, data.message));
          return;
        default:
          data satisfies never;
      }
    });
  });
  ask({ type: 'open', source });
  return {
    model,
    close: () => {
      worker.terminate();
    },
  };
}
