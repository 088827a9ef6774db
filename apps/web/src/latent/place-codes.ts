import { meanSilhouette, neighbourAccuracy, startTsne } from '@gradpool/experiment';
import type { CodedPictures, FromModel } from './messages.ts';

const neighbours = 10;
/** Published defaults: most maps stand still by then. */
const tsne = { steps: 750, perplexity: 30 } as const;
/** Steps between two pictures of the map: often enough to watch, seldom enough to cost nothing. */
const stepsAtOnce = 10;

/** Codes below which there are too few neighbours for a map. */
export const placedCodesMin = 3 * tsne.perplexity;

/** Draws codes in the plane, a few steps at a time, so that the worker goes on answering between them. */
export function placeCodes({ codes, labels, count }: CodedPictures, tell: (message: FromModel) => void): void {
  const figures = {
    neighbourAccuracy: neighbourAccuracy({ points: codes, labels }, neighbours),
    silhouette: meanSilhouette({ points: codes, labels }),
  };
  const map = startTsne({ points: codes, count, perplexity: tsne.perplexity, seed: 0 });
  const go = (step: number): void => {
    for (let i = 0; i < stepsAtOnce; i += 1) map.step();
    const done = step + stepsAtOnce;
    const places = Float32Array.from(map.places);
    tell({ type: 'placed', placed: { places, step: done, steps: tsne.steps, ...figures } });
    if (done < tsne.steps) setTimeout(go, 0, done);
  };
  go(0);
}
