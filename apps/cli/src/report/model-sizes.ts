import { codeSize, parameterCount, trialSpec, type ImageShape } from '@gradpool/experiment';
import type { LeaderboardRow } from '@gradpool/protocol';

export interface ModelSize {
  readonly parameters: number;
  /** Values of a picture for each number of its code. */
  readonly compression: number;
}

/** By cell; those whose parameters are no autoencoder's are left out. */
export function modelSizes(rows: readonly LeaderboardRow[], image: ImageShape): ReadonlyMap<string, ModelSize> {
  const values = image.height * image.width * image.channels;
  return new Map(
    rows.flatMap(({ cellId, parameters }) => {
      const spec = trialSpec.safeParse({ ...parameters, seed: 0 }).data;
      if (!spec) return [];
      return [[cellId, { parameters: parameterCount(spec, image), compression: values / codeSize(spec, image) }]];
    }),
  );
}
