/** Codes of errors that training and evaluation raise; they are public API and documented in SPEC.md. */
export type TrainingErrorCode =
  | 'E_NAN_LOSS'
  | 'E_GRADIENT_RANGE'
  | 'E_POOLED'
  | 'E_CHECKPOINT_INVALID'
  | 'E_WEIGHTS_SHAPE'
  | 'E_WEIGHTS_NOT_FINITE'
  | 'E_BACKEND_NONE'
  | 'E_BACKEND_LOST'
  | 'E_OUT_OF_MEMORY'
  | 'E_BASELINE'
  | 'E_SPEC'
  | 'E_SPLIT_EMPTY';

/** A run that cannot go on. `code` is stable; the message says what was wrong, the value seen and what to do. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
  readonly code: TrainingErrorCode;
  constructor(code: TrainingErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** State to go on from elsewhere: whole epochs done, and the bytes that `trainTrial` takes as `resume`. */
export interface Checkpoint {
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

/** The caller aborted. Nothing is lost: `checkpoint` is the state at the moment of stopping (null where there is none). */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly checkpoint: Checkpoint | null;
  constructor(checkpoint: Checkpoint | null) {
    super('The work was interrupted by its caller');
    this.checkpoint = checkpoint;
  }
}
