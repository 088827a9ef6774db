import { embeddedMax, writeCodeMap, type TrialSpec } from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import { embedCodes, type Embedding } from './embedding.ts';
import { openFeatureMap } from './feature-map.ts';
import { forEachChunk, judgedImages } from './judged-images.ts';
import { pacer, yieldByTimer, type YieldToLoop } from './pacer.ts';
import type { Points } from './points.ts';

export interface EmbedWeightsOptions {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  /** Flat vector in layout order. */
  readonly weights: Float32Array;
  readonly signal?: AbortSignal;
  readonly yieldToLoop?: YieldToLoop;
}

/** A map of test codes as libs/experiment writes it, and how far the classes lie apart. */
export interface EmbeddedWeights {
  readonly map: Uint8Array;
  readonly points: number;
  readonly separation: Embedding['separation'];
}

const chunkImages = 250;

/**
 * t-SNE and PCA of the codes of the first `embeddedMax` test images under the noise that the trial is judged by. Throws as
 * `openFeatureMap` does; rejects with Interrupted on abort.
 */
export async function embedWeights(options: EmbedWeightsOptions): Promise<EmbeddedWeights> {
  const { dataset, signal, yieldToLoop = yieldByTimer } = options;
  const points = await testCodes(options);
  const labels = dataset.testLabels.slice(0, points.count);
  const { classes } = dataset.manifest;
  const { pca, tsne, separation } = await embedCodes({
    ...{ points, labels, classes, yieldToLoop },
    ...(signal && { signal }),
  });
  const { count } = points;
  return { map: writeCodeMap({ count, labels, tsne, pca }), points: count, separation };
}

/** The first codes, [count, code size]. */
async function testCodes({
  spec,
  dataset,
  weights,
  signal,
  yieldToLoop = yieldByTimer,
}: EmbedWeightsOptions): Promise<Points> {
  const { encode, codeSize: width } = openFeatureMap({ spec, dataset, weights, capacity: chunkImages });
  const all = judgedImages({ dataset, split: 'test', noise: spec.noise });
  const count = Math.min(embeddedMax, all.count);
  const values = new Float32Array(count * width);
  const pause = pacer(yieldToLoop, signal);
  let done = 0;
  await forEachChunk({ ...all, count }, chunkImages, async ({ noisy }) => {
    const codes = await encode(noisy);
    values.set(codes, done);
    done += codes.length;
    await pause();
  });
  return { values, count, width };
}
