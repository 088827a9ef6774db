import { metricOf } from './metrics.ts';

/** A score as people read it: `97.32 %`, `0.9812`, `17.4 dB`; an error with `decimals` behind the point. */
export function scoreText(metric: string, value: number, decimals = 5): string {
  switch (metricOf(metric).form) {
    case 'share':
      return `${(100 * value).toFixed(2)} %`;
    case 'score':
      return value.toFixed(4);
    case 'decibel':
      return `${value.toFixed(2)} dB`;
    default:
      return value.toFixed(decimals);
  }
}

/** How far two scores lie apart: shares by percentage points, which a per cent would leave open; else as the scores themselves. */
export function scoreDifferenceText(metric: string, difference: number): string {
  const isShare = metricOf(metric).form === 'share';
  return isShare ? `${(100 * difference).toFixed(2)} points` : scoreText(metric, difference);
}
