type Goal = 'minimize' | 'maximize';

/** By what cells are compared at a rung. */
export interface RungMetric {
  /** Of the validation images; a worker reports it by this name after every epoch. */
  readonly name: string;
  /** The metric of the test set that it is the like of. */
  readonly like: string;
  readonly goal: Goal;
}

/**
 * What stands for a sweep's metric before the test set may be looked at: the same figure of the validation images. The AUC of
 * anomaly detection would need pictures of the class left out, which nothing may be chosen by: there it is the validation MSE.
 */
export function rungMetric({ metric, goal }: { readonly metric: string; readonly goal: Goal }): RungMetric {
  if (metric === 'test_auc') return { name: 'validation_mse', like: 'test_mse', goal: 'minimize' };
  return { name: metric.replace(/^test_/, 'validation_'), like: metric, goal };
}
