import type { TrialView } from '@gradpool/protocol';

/** The verified trials of the lowest and the highest test error; null where there are fewer than two. */
export function bestAndWorst(trials: readonly TrialView[]): { best: TrialView; worst: TrialView } | null {
  const errorOf = ({ testMse }: TrialView): number => testMse ?? NaN;
  const sorted = trials.filter(({ testMse }) => testMse !== null).sort((a, b) => errorOf(a) - errorOf(b));
  const [best, worst] = [sorted[0], sorted.at(-1)];
  return best && worst && best !== worst ? { best, worst } : null;
}
