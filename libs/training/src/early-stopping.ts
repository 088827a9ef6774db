import type { TrialSpec } from '@gradpool/experiment';

/** The epoch with the best validation error so far. */
export interface BestEpoch {
  readonly epoch: number;
  /** Mean squared error per pixel. */
  readonly validationMse: number;
  /** Its weights, where the trial may have to end with them. */
  readonly parameters: Float32Array | null;
}

interface JudgedEpoch {
  readonly epoch: number;
  /** Null where no image is held out. */
  readonly validationMse: number | null;
  readonly parameters: Float32Array;
}

/** The best epoch once this one is judged, too. The weights are copied. */
export function bestAfter(
  spec: Pick<TrialSpec, 'min_delta' | 'final_weights'>,
  best: BestEpoch | null,
  { epoch, validationMse, parameters }: JudgedEpoch,
): BestEpoch | null {
  if (validationMse === null) return best;
  if (best !== null && !(validationMse < best.validationMse - spec.min_delta)) return best;
  return { epoch, validationMse, parameters: spec.final_weights === 'best' ? parameters.slice() : null };
}

/** True where the run stops early, `epoch` whole epochs being judged. */
export function patienceIsOver(
  { patience }: Pick<TrialSpec, 'patience'>,
  best: BestEpoch | null,
  epoch: number,
): boolean {
  return patience > 0 && best !== null && epoch - best.epoch >= patience;
}
