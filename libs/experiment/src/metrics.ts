/** What a figure is, so that it can be ranked and written. */
export interface Metric {
  /** How people call it. */
  readonly label: string;
  readonly goal: 'minimize' | 'maximize';
  /** `error`: some figures behind the point; `share`: 0 to 1, written in percent; `decibel`; `score`: 0 to 1, written as it is. */
  readonly form: 'error' | 'share' | 'decibel' | 'score';
  readonly meaning: string;
}

/** Every figure by which a sweep can rank its trials, verified on the test set. */
export const metrics = {
  test_mse: { label: 'test MSE', goal: 'minimize', form: 'error', meaning: 'mean squared error per pixel' },
  test_psnr: {
    label: 'test PSNR',
    goal: 'maximize',
    form: 'decibel',
    meaning: 'peak signal-to-noise ratio in dB, mean over pictures',
  },
  test_ssim: {
    label: 'test SSIM',
    goal: 'maximize',
    form: 'score',
    meaning: 'structural similarity, mean over pictures',
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as [MetricName, ...MetricName[]];

/** A metric by its name; one that this version does not know (of a newer coordinator) is an error to be written as it is. */
export function metricOf(name: string): Metric {
  const known: Readonly<Record<string, Metric>> = metrics;
  return known[name] ?? { label: name.replaceAll('_', ' '), goal: 'minimize', form: 'error', meaning: name };
}
