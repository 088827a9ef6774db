import type { Kernels } from '@gradpool/kernels';
import type { TrialSpec } from '@gradpool/experiment';

interface LossPlace {
  readonly logits: number;
  readonly clean: number;
  readonly dLogits: number;
  readonly pixels: number;
}

/** Returns a function that writes the gradient at the logits and returns the mean loss over images and pixels. */
export function planLoss(
  kernels: Kernels,
  loss: TrialSpec['loss'],
  { logits, clean, dLogits, pixels }: LossPlace,
): (count: number) => number {
  const sum = loss === 'mse' ? kernels.squaredError : kernels.crossEntropy;
  return (count) => {
    const values = count * pixels;
    return Math.fround(sum(logits, clean, dLogits, values, 1 / values) / values);
  };
}
