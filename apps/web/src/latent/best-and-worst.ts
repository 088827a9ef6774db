import type { TrialView } from '@gradpool/protocol';

/** The verified trials of the best and the worst score; null where there are fewer than two. */
export function bestAndWorst(
  trials: readonly TrialView[],
  goal: 'minimize' | 'maximize',
): { best: TrialView; worst: TrialView } | null {
  const errorOf = ({ score }: TrialView): number => (goal === 'maximize' ? -1 : 1) * (score ?? NaN);
  const sorted = trials.filter(({ score }) => score !== null).sort((a, b) => errorOf(a) - errorOf(b));
  const [best, worst] = [sorted[0], sorted.at(-1)];
  return best && worst && best !== worst ? { best, worst } : null;
}
