import {
  addNoise,
  bytesOfPixels,
  copyImage,
  imageSize,
  judgingNoiseKey,
  type DatasetFile,
  type DatasetManifest,
} from '@gradpool/experiment';
import type { Digest } from '@gradpool/protocol';
import { parametersFromBytes } from '@gradpool/tensors';
import { embedCodes, loadFile, openCodeMap, type CodeMap } from '@gradpool/training';
import { coordinatorHttp, failureOf, manifestFrom } from '@gradpool/worker';
import { openBrowserBackend } from '../worker/browser-backend.ts';
import { browserDigest, dataFiles } from '../worker/data-files.ts';
import { openFileStore } from '../worker/file-store.ts';
import type { CodedPictures, FromModel, ModelSource, ToModel } from './messages.ts';

/** Pictures whose codes are shown: as many as the eye tells apart. */
const codedMax = 2_000;
const chunkImages = 250;

/** Of DedicatedWorkerGlobalScope, which the page's DOM types leave out. */
interface Scope {
  postMessage(message: FromModel): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ToModel>) => void): void;
}
const scope = globalThis as unknown as Scope;
const tell = (message: FromModel): void => {
  scope.postMessage(message);
};

let model: CodeMap | null = null;

scope.addEventListener('message', ({ data: message }) => {
  switch (message.type) {
    case 'open':
      open(message.source).catch((error: unknown) => {
        const { code, message: text } = failureOf(error);
        tell({ type: 'failed', code, message: text });
      });
      return;
    case 'decode':
      if (model) tell({ type: 'decoded', id: message.id, pictures: bytesOfPixels(model.decode(message.codes)) });
      return;
    default:
      message satisfies never;
  }
});

async function open(source: ModelSource): Promise<void> {
  const never = new AbortController().signal;
  const http = coordinatorHttp(source);
  const [weights, json] = await Promise.all([
    http.artifact(source.weights, never),
    http.manifest(source.dataset, never),
    openBrowserBackend({ candidates: ['wasm'] }),
  ]);
  const manifest = manifestFrom(json, source.dataset);
  const { spec } = source;
  model = openCodeMap({ spec, image: manifest.image, weights: parametersFromBytes(weights) });
  const coded = codedPictures(model, source, await testSplit(manifest, http));
  tell({ type: 'opened', coded });
  if (source.embed) await embed(coded);
}

/** Told in whole percents: nobody sees more. */
async function embed({ codes, codeSize, count, labels, classes }: CodedPictures): Promise<void> {
  let told = 0;
  const embedding = await embedCodes({
    points: { values: codes, count, width: codeSize },
    labels,
    classes,
    onProgress: (share) => {
      if (share < told + 0.01) return;
      told = share;
      tell({ type: 'embedding', share });
    },
  });
  tell({ type: 'embedded', embedding });
}

interface TestSplit {
  readonly manifest: DatasetManifest;
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

async function testSplit(manifest: DatasetManifest, http: ReturnType<typeof coordinatorHttp>): Promise<TestSplit> {
  const nothing = (): void => undefined;
  const files = dataFiles({
    store: openFileStore(),
    fetchFile: http.dataFile,
    digestOf: browserDigest,
    onFetching: nothing,
    onNotKept: nothing,
    warn: nothing,
  });
  const read = ({ sha256, bytes }: DatasetFile): Promise<Uint8Array> =>
    files.read(sha256 as Digest, bytes, new AbortController().signal);
  const { images } = manifest.test;
  const checked = { digestsChecked: true };
  return {
    manifest,
    images: await loadFile(
      manifest,
      { role: 'test-images', values: images * imageSize(manifest.image), ...checked },
      read,
    ),
    labels: await loadFile(manifest, { role: 'test-labels', values: images, ...checked }, read),
  };
}

/** Codes of the pictures as the trial is judged by: under the same noise for everyone. */
function codedPictures(
  { codeSize, encode }: CodeMap,
  { spec, dataset }: ModelSource,
  { manifest: { image, classes, classNames, test }, images, labels }: TestSplit,
): CodedPictures {
  const pixels = imageSize(image);
  const count = Math.min(codedMax, test.images);
  const codes = new Float32Array(count * codeSize);
  const key = judgingNoiseKey(dataset, 'test', spec.noise);
  for (let first = 0; first < count; first += chunkImages) {
    const taken = Math.min(chunkImages, count - first);
    const [clean, noisy] = [new Float32Array(taken * pixels), new Float32Array(taken * pixels)];
    for (let i = 0; i < taken; i += 1) copyImage(images, first + i, pixels, clean, i);
    addNoise(clean, noisy, taken * pixels, { factor: spec.noise, key, position: first * pixels });
    codes.set(encode(noisy), first * codeSize);
  }
  const pictures = images.slice(0, count * pixels);
  return {
    image,
    classes,
    classNames: classNames ?? null,
    codeSize,
    count,
    codes,
    labels: labels.slice(0, count),
    pictures,
  };
}
