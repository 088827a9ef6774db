import { planCells, readSweep, type PlannedCell } from '@gradpool/experiment';

/** Epochs of a whole training: rungs at 1, 3 and 9. */
export const searchEpochs = 27;

/**
 * The search space of bench:asha as a sweep: 81 random configurations of a dense autoencoder of MNIST, code of 16 units.
 * `full` trains on 50,000 images, else on a prefix of 2,000, which keeps the whole bench at some twenty minutes of one core.
 */
export function searchCells(full: boolean): PlannedCell[] {
  const read = readSweep({
    name: 'asha',
    method: 'random',
    run_cap: 81,
    parameters: {
      latent: { value: 16 },
      hidden: { values: [[64], [128], [256], [128, 64], [256, 128], [512, 128]] },
      activation: { values: ['relu', 'tanh', 'elu', 'gelu', 'sigmoid'] },
      loss: { values: ['mse', 'bce'] },
      optimizer: { values: ['adam', 'adamw', 'sgd'] },
      learning_rate: { distribution: 'log_uniform_values', min: 0.0001, max: 0.1 },
      batch_size: { distribution: 'int_uniform', min: 32, max: 256 },
      schedule: { values: ['constant', 'cosine'] },
      epochs: { value: searchEpochs },
      validation_images: { value: full ? 10_000 : 1_000 },
      train_images: { value: full ? 50_000 : 2_000 },
    },
  });
  if (!read.ok) throw new Error(read.message);
  return planCells(read.sweep);
}
