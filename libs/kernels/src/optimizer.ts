import type { Kernels } from './kernels.ts';

/** The numbers of one optimizer step, as libs/tensors computes them (its StepNumbers). */
type StepNumbers =
  | { readonly name: 'sgd'; readonly rate: number }
  | { readonly name: 'momentum'; readonly rate: number; readonly mu: number; readonly nesterov: boolean }
  | {
      readonly name: 'adam';
      readonly rate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly keep: number;
    };

/** Addresses of `size` parameters, their gradient, and the vectors that the optimizer remembers. */
interface StepPlace {
  readonly size: number;
  readonly p: number;
  readonly g: number;
  readonly vectors: readonly number[];
}

/** One step of an optimizer in place: the bits of libs/tensors. */
export function takeStep(kernels: Kernels, numbers: StepNumbers, { size, p, g, vectors }: StepPlace): void {
  const [first = 0, second = 0] = vectors;
  switch (numbers.name) {
    case 'sgd':
      kernels.sgd(p, g, size, numbers.rate);
      return;
    case 'momentum':
      kernels.momentum(p, g, first, size, numbers.rate, numbers.mu, Number(numbers.nesterov));
      return;
    case 'adam': {
      const { rate, beta1, beta2, epsilon, keep } = numbers;
      kernels.adam(p, g, first, second, size, rate, beta1, beta2, epsilon, keep);
      return;
    }
    default:
      numbers satisfies never;
  }
}
