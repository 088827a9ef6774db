import type { TrialRow } from './rows.ts';

type Planned = Pick<TrialRow, 'spec'>;

/**
 * Epochs of a trial where its spec names them, else null. By convention that is the key `epochs`; a trial whose `task` is `classify` has
 * `classifier_epochs` after them, and only those where its `features` do not come from an autoencoder of its own. libs/experiment
 * says the same (`trialEpochs`), which this room does not import.
 */
export function epochsOf(row: Planned): number | null {
  if (row.spec['task'] !== 'classify') return positive(row.spec['epochs']);
  const own = positive(row.spec['classifier_epochs']);
  return own === null ? null : epochsBefore(row) + own;
}

/** Epochs of an autoencoder before those in which a classifier is trained and can be compared with others; 0 of every other trial. */
export function epochsBefore({ spec }: Planned): number {
  const { task, features, epochs } = spec;
  return task === 'classify' && (features === 'finetuned' || features === 'frozen') ? (positive(epochs) ?? 0) : 0;
}

const positive = (value: unknown): number | null => (typeof value === 'number' && value > 0 ? value : null);
