import { refuse, type Locate, type SweepRefusal } from './sweep-refusal.ts';
import type { ParameterSpec, SweepSpec } from './sweep-spec.ts';

/** Cells are judged on validation images, so each of them needs images for it; of a pooled run a rung may have no such figure, since it is judged beside its rounds. */
export function checkEarlyTerminate(sweep: SweepSpec, locate: Locate): SweepRefusal | null {
  const { early_terminate: early, parameters, pooled } = sweep;
  if (early === undefined) return null;
  const bad = (message: string) => refuse('E_SWEEP_VALUE', `${locate(['early_terminate'])}${message}`);
  if (pooled !== undefined) return bad('early_terminate does not go with pooled; take one of them out');
  if (new Set(early.compare_within).size < early.compare_within.length) {
    return bad('early_terminate.compare_within names a parameter twice; take one out');
  }
  const images = parameters['validation_images'];
  if (images === undefined || leastOf(images) > 0) return null;
  const message =
    'early_terminate judges by validation, but parameters.validation_images is 0; hold out some images, 5000 for example';
  return bad(message);
}

/** The smallest number that a parameter takes. */
function leastOf(spec: ParameterSpec): number {
  if ('values' in spec) return Math.min(...spec.values.map(Number));
  return 'value' in spec ? Number(spec.value) : spec.min;
}
