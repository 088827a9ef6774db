import { z } from 'zod';
import { parameterNames } from './parameter-names.ts';

/**
 * Asynchronous successive halving (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning"): of the cells that
 * have been trained for min_iter * eta^i epochs, only the best 1/eta by the like of the sweep's
 * metric on the validation images go on.
 */
export const earlyTerminate = z
  .strictObject({
    type: z.literal('asha').describe('Asynchronous successive halving'),
    eta: z.int().min(2).max(16).default(3).describe('Of so many cells one goes on, to so many times the epochs'),
    min_iter: z
      .int()
      .min(1)
      .max(10_000)
      .default(1)
      .describe('Epochs after which cells are compared for the first time; of a classifier its own'),
    compare_within: z
      .array(z.enum(parameterNames))
      .max(parameterNames.length)
      .default([])
      .describe('Only cells that agree in these parameters are compared; none: all of the sweep'),
  })
  .describe(
    'Stops the cells that do worse than others on the validation images, by the mean over their seeds of what the sweep ranks by',
  );
export type EarlyTerminate = z.infer<typeof earlyTerminate>;
