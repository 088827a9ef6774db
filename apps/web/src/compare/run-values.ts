import type { SweepView, TrialView } from '@gradpool/protocol';
import { inOrder, valueKey, valueText, wordsOf } from '../app/parameters.ts';

export type Compared = Pick<TrialView, 'parameters' | 'seed' | 'sweepId'>;
export type Sweeps = ReadonlyMap<string, Pick<SweepView, 'name'>>;

/** In what the runs differ: `sweep` and `seed` where they do, and parameters. */
export function differingNames(runs: readonly Compared[]): string[] {
  const parameters = inOrder([...new Set(runs.flatMap((run) => Object.keys(run.parameters)))]);
  const differs = (keyOf: (run: Compared) => string): boolean => new Set(runs.map(keyOf)).size > 1;
  return [
    ...(differs(({ sweepId }) => sweepId) ? ['sweep'] : []),
    ...parameters.filter((name) => differs((run) => valueKey(run.parameters[name]))),
    ...(differs(({ seed }) => String(seed)) ? ['seed'] : []),
  ];
}

/** A run's value of `sweep`, `seed` or a parameter. */
export function valueOf({ parameters, seed, sweepId }: Compared, name: string, sweeps: Sweeps): string {
  if (name === 'seed') return String(seed);
  if (name === 'sweep') return sweeps.get(sweepId)?.name ?? `…${sweepId.slice(-8)}`;
  return valueText(parameters[name]);
}

/** A run by what tells it from the others; by its seed where nothing does. */
export function runLabel(run: Compared, names: readonly string[], sweeps: Sweeps): string {
  const shown = names.length === 0 ? ['seed'] : names;
  return shown.map((name) => `${wordsOf(name)} ${valueOf(run, name, sweeps)}`).join(', ');
}
