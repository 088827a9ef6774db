import type { SweepSpec } from './sweep-spec.ts';

/** Why a sweep was refused; stable, documented in SPEC.md. */
export type SweepRefusalCode =
  | 'E_SWEEP_TOO_LARGE'
  | 'E_SWEEP_YAML'
  | 'E_SWEEP_UNKNOWN_KEY'
  | 'E_SWEEP_UNKNOWN_PARAMETER'
  | 'E_SWEEP_VALUE'
  | 'E_SWEEP_MISSING'
  | 'E_SWEEP_DUPLICATE_VALUE'
  | 'E_SWEEP_METHOD'
  | 'E_SWEEP_RUN_CAP'
  | 'E_SWEEP_DATASET'
  | 'E_SWEEP_MODEL_SHAPE'
  | 'E_SWEEP_MODEL_SIZE'
  | 'E_SWEEP_EXTEND';

export interface SweepRefusal {
  readonly ok: false;
  readonly code: SweepRefusalCode;
  readonly message: string;
}

export type SweepResult = { readonly ok: true; readonly sweep: SweepSpec } | SweepRefusal;

export type Path = readonly (string | number)[];

/** Says where in the file a path stands, as a prefix of the message (`line 7: `), or nothing. */
export type Locate = (path: Path) => string;

export function refuse(code: SweepRefusalCode, message: string): SweepRefusal {
  return { ok: false, code, message };
}
