import { permutation, streamOf } from '@gradpool/tensors';
import { DataError } from './data-error.ts';

/** Share of each class that becomes test pictures where nothing else is said. */
export const testShareDefault = 0.2;

/** Things of each class, in train and test. */
export interface SplitByClass<Item> {
  readonly train: readonly Item[];
  readonly test: readonly Item[];
}

/**
 * Draws the share of a class that becomes test pictures, at least one, and leaves at least one to train on: the same ones wherever
 * it is drawn from the same list. Throws DataError E_DATA_CLASSES for a class of fewer than two.
 */
export function splitClass<Item>(name: string, items: readonly Item[], testShare: number): SplitByClass<Item> {
  if (items.length < 2) {
    const seen = `Class ${name} has ${items.length} picture${items.length === 1 ? '' : 's'}`;
    throw new DataError('E_DATA_CLASSES', `${seen}; each needs one to train on and one to test with: add more`);
  }
  const order = permutation(items.length, { seed: 0, stream: streamOf('own-split', name) });
  const count = Math.min(items.length - 1, Math.max(1, Math.round(testShare * items.length)));
  const chosen = new Set(order.subarray(0, count));
  return { train: items.filter((_, i) => !chosen.has(i)), test: items.filter((_, i) => chosen.has(i)) };
}

/** Puts the classes of a split in no order: the first and the last pictures of a file stand for all of them. */
export function mixed<Item>(split: 'train' | 'test', items: readonly Item[]): Item[] {
  return Array.from(permutation(items.length, { seed: 0, stream: streamOf('own-order', split) }), (i) => items[i]!);
}
