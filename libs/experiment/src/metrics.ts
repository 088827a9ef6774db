import type { SweepSpec } from './sweep-spec.ts';
import type { TrialSpec } from './trial-spec.ts';

/** What a figure is, so that it can be ranked and written. */
export interface Metric {
  /** How people call it. */
  readonly label: string;
  readonly goal: 'minimize' | 'maximize';
  /** `error`: some figures behind the point; `share`: 0 to 1, written in percent; `decibel`; `score`: 0 to 1, written as it is. */
  readonly form: 'error' | 'share' | 'decibel' | 'score';
  /** The task that it judges; one of reconstruction judges anomaly detection too. */
  readonly task: TrialSpec['task'];
  readonly meaning: string;
}

/** Every figure by which a sweep can rank its trials, verified on the test set. */
export const metrics = {
  test_mse: {
    label: 'test MSE',
    goal: 'minimize',
    form: 'error',
    task: 'autoencode',
    meaning: 'mean squared error per pixel',
  },
  test_psnr: {
    label: 'test PSNR',
    goal: 'maximize',
    form: 'decibel',
    task: 'autoencode',
    meaning: 'peak signal-to-noise ratio in dB, mean over pictures',
  },
  test_ssim: {
    label: 'test SSIM',
    goal: 'maximize',
    form: 'score',
    task: 'autoencode',
    meaning: 'structural similarity, mean over pictures',
  },
  test_accuracy: {
    label: 'test accuracy',
    goal: 'maximize',
    form: 'share',
    task: 'classify',
    meaning: 'share of pictures told right',
  },
  test_f1: {
    label: 'test F1',
    goal: 'maximize',
    form: 'score',
    task: 'classify',
    meaning: 'harmonic mean of precision and recall, mean over classes',
  },
  test_cross_entropy: {
    label: 'test cross-entropy',
    goal: 'minimize',
    form: 'error',
    task: 'classify',
    meaning: 'mean of -log of what the right class gets, in nats',
  },
  test_auc: {
    label: 'test AUC',
    goal: 'maximize',
    form: 'score',
    task: 'anomaly',
    meaning: 'chance that a picture of the class left out has a larger error than one of the others',
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as [MetricName, ...MetricName[]];

/** What a task is ranked by where the sweep does not say. */
export const taskMetric: Readonly<Record<TrialSpec['task'], MetricName>> = {
  autoencode: 'test_mse',
  classify: 'test_accuracy',
  anomaly: 'test_auc',
};

/** Whether trials of this task are judged by this metric. */
export const metricFits = (name: MetricName, task: TrialSpec['task']): boolean =>
  metrics[name].task === task || (task === 'anomaly' && metrics[name].task === 'autoencode');

/** What a sweep ranks by, from its spec as views carry it. */
export function metricOfSpec(
  spec: Readonly<Record<string, unknown>>,
): Pick<SweepSpec['metric'], 'goal'> & { name: string } {
  const metric = (spec['metric'] ?? {}) as Partial<Record<'name' | 'goal', unknown>>;
  const name = typeof metric.name === 'string' ? metric.name : 'test_mse';
  const { goal } = metric;
  return { name, goal: goal === 'minimize' || goal === 'maximize' ? goal : metricOf(name).goal };
}

/** How people call a metric of the test set where it is one of the validation images: `validation accuracy`. */
export const validationLabel = (name: string): string => metricOf(name).label.replace(/^test /, 'validation ');

/** A metric by its name; one that this version does not know (of a newer coordinator) is an error to be written as it is. */
export function metricOf(name: string): Metric {
  const known: Readonly<Record<string, Metric>> = metrics;
  return (
    known[name] ?? {
      label: name.replaceAll('_', ' '),
      goal: 'minimize',
      form: 'error',
      task: 'autoencode',
      meaning: name,
    }
  );
}
