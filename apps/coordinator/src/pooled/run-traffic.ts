import type { TrialId } from '@gradpool/protocol';

interface RunBytes {
  /** From workers. */
  up: number;
  /** To workers. */
  down: number;
}

/** Bytes of vectors that each pooled run has sent and received over sockets since it was opened. */
export class RunTraffic {
  private readonly runs = new Map<TrialId, RunBytes>();

  /** A run is opened: it begins at nothing. */
  open(trialId: TrialId): void {
    this.runs.set(trialId, { up: 0, down: 0 });
  }

  count(trialId: TrialId, way: keyof RunBytes, bytes: number): void {
    const run = this.runs.get(trialId);
    if (run) run[way] += bytes;
  }

  of(trialId: TrialId): RunBytes {
    return { up: 0, down: 0, ...this.runs.get(trialId) };
  }

  forget(trialId: TrialId): void {
    this.runs.delete(trialId);
  }
}
