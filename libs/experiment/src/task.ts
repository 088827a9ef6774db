import type { SweepSpec } from './sweep-spec.ts';
import { trialSpec, type TrialSpec } from './trial-spec.ts';

/** The one task of a sweep. */
export function taskOf({ parameters }: Pick<SweepSpec, 'parameters'>): TrialSpec['task'] {
  const given = parameters['task'];
  const value =
    given === undefined ? undefined : 'value' in given ? given.value : 'values' in given ? given.values[0] : undefined;
  return trialSpec.shape.task.parse(value);
}
