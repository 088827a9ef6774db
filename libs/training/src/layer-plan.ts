import { activationKinds } from '@gradpool/kernels';
import type { Layer } from '@gradpool/experiment';

/** Where a layer finds its vectors: addresses in the arena, float32 rows without gaps. */
export interface LayerPlace {
  /** Most images in a batch. */
  readonly capacity: number;
  readonly kernel: number;
  readonly bias: number;
  readonly kernelGradient: number;
  readonly biasGradient: number;
  /** Input and output of the whole batch. */
  readonly x: number;
  readonly y: number;
  /** Before the activation; the same as `y` where the gradient needs no more than that. */
  readonly z: number;
  /** Gradient at the output; the backward pass overwrites it. */
  readonly dy: number;
  /** Gradient at the input, or 0 where nobody asks for it. */
  readonly dx: number;
  /** Scratch space of the matrix product. */
  readonly scratch: number;
  /** Space for windows of a convolution, see `windowBytes`. */
  readonly windows: number;
  /** Two spaces for the full maps of a pooled layer, which such layers use by turns; 0 where there is none. */
  readonly maps: readonly [number, number];
}

/** Two passes over the first `count` images of the batch. Neither makes an object. */
export interface LayerPlan {
  readonly forward: (count: number) => void;
  readonly backward: (count: number) => void;
}

/** Number of a layer's activation. */
export const activationKind = ({ activation }: Layer): number => activationKinds[activation];
