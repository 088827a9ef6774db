import type { EngineCheckpoint } from './engine.ts';
import type { Failure } from './work-error.ts';

/** A call that another thread could not end well. */
export class EngineFailure extends Error {
  override readonly name = 'EngineFailure';
  readonly code: string;
  /** Where a stopped training stands. */
  readonly checkpoint: EngineCheckpoint | null;

  constructor({ code, message }: Failure, checkpoint: EngineCheckpoint | null = null) {
    super(message);
    this.code = code;
    this.checkpoint = checkpoint;
  }
}

/** The state that an interrupted training threw along, if it did. */
export function checkpointIn(thrown: unknown): EngineCheckpoint | null {
  if (typeof thrown !== 'object' || thrown === null || !('checkpoint' in thrown)) return null;
  return thrown.checkpoint as EngineCheckpoint | null;
}
