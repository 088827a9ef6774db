import type { ImageShape, TrialSpec } from '@gradpool/experiment';
import type { Digest } from '@gradpool/protocol';
import type { Embedding } from '@gradpool/training';

/** What the page asks of the Web Worker that holds a trained model. `open` comes first and once. */
export type ToModel =
  | { readonly type: 'open'; readonly source: ModelSource }
  /** Codes, [count, code size]. */
  | { readonly type: 'decode'; readonly id: number; readonly codes: Float32Array };

export interface ModelSource {
  /** The coordinator's address, without a path. */
  readonly url: string;
  readonly token: string;
  readonly spec: TrialSpec;
  /** Of the data set's manifest. */
  readonly dataset: Digest;
  /** Of the weights. */
  readonly weights: Digest;
  /** Whether the codes are to be mapped here, because no map of them is stored. */
  readonly embed: boolean;
}

/** What a trained model makes of the first test pictures. */
export interface CodedPictures {
  readonly image: ImageShape;
  readonly classes: number;
  /** By label; null where classes have no names of their own. */
  readonly classNames: readonly string[] | null;
  /** Numbers of one code. */
  readonly codeSize: number;
  readonly count: number;
  /** [count, code size], of the pictures under the noise that the trial is judged by. */
  readonly codes: Float32Array;
  readonly labels: Uint8Array;
  /** Clean, bytes 0 to 255, [count, height, width, channels]. */
  readonly pictures: Uint8Array;
}

export type FromModel =
  | { readonly type: 'opened'; readonly coded: CodedPictures }
  /** The embedding is on its way: share done, 0 to 1. */
  | { readonly type: 'embedding'; readonly share: number }
  | { readonly type: 'embedded'; readonly embedding: Embedding }
  /** Bytes 0 to 255, [count, height, width, channels]. */
  | { readonly type: 'decoded'; readonly id: number; readonly pictures: Uint8Array }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };
