import type { State } from '@gradpool/coordination';
import type { ArtifactRef, LeaseId, LeaseKey, TrialId, WorkerId } from '@gradpool/protocol';
import type { Refusal } from '../live/result-screen.ts';
import { judgeNorm, type NormHistory, type NormLimits } from './norm-history.ts';
import { dropUpload, readVector, type RoundUploads, type Wanted } from './round-uploads.ts';
import type { VectorDesk } from './vector-desk.ts';
import { askNorm } from './vector-threads.ts';

export interface ShelfParts extends RoundUploads {
  readonly state: State;
  readonly limits: NormLimits;
}

/** What came for one run. */
export interface RunShelf {
  readonly desk: Pick<VectorDesk, 'norm'>;
  /** By the lease that they answer. */
  readonly vectors: Map<LeaseId, Uint8Array>;
  readonly norms: NormHistory;
}

/** What a vector of one kind has to be. */
export interface VectorRules<Run extends RunShelf> {
  readonly kind: 'micro' | 'lane';
  readonly runOf: (trialId: TrialId) => Run | undefined;
  readonly wanted: (run: Run) => Wanted;
  /** What speaks against its form; null where nothing does. */
  readonly formFault: (run: Run, vector: Uint8Array) => Refusal | null;
  /** What is said of one that has no norm, as a sum of so many terms. */
  readonly noNorm: (terms: number) => Refusal;
}

/** A result and the vector that it names; without a name it came over the socket. */
interface Answer {
  readonly workerId: WorkerId;
  readonly key: LeaseKey;
  readonly round: number;
  readonly ref: ArtifactRef | null;
}

/** What speaks against a result of a pooled round before the core sees it; null where nothing does, and then its vector is kept. */
export async function screenVector<Run extends RunShelf>(
  parts: ShelfParts,
  rules: VectorRules<Run>,
  { workerId, key, round, ref }: Answer,
): Promise<Refusal | null> {
  const { state, inbox, limits } = parts;
  const lease = state.leases.get(key.leaseId);
  // The core refuses by itself what is no live lease of this worker, or for another round.
  if (lease?.kind !== 'micro' && lease?.kind !== 'lane') return null;
  if (lease.kind !== rules.kind || lease.workerId !== workerId || lease.fence !== key.fence) return null;
  if (round !== lease.round) return null;
  const run = rules.runOf(lease.trialId);
  // Leases are given only while the run is open, so it has ended meanwhile.
  if (!run) return null;
  const vector = await readVector(parts, key.leaseId, ref, rules.wanted(run));
  // Meanwhile the lease may have ended, and its run with it: then nothing may be kept for them.
  const isOver = (): boolean => state.leases.get(key.leaseId) !== lease || rules.runOf(lease.trialId) !== run;
  if ('code' in vector) return isOver() ? null : vector;
  const judge = async (): Promise<Refusal | 'over' | null> => {
    const fault = rules.formFault(run, vector);
    if (fault) return fault;
    const terms = lease.kind === 'micro' ? lease.to - lease.from : 1;
    const norm = await askNorm(run.desk, vector, terms);
    if (norm === undefined || isOver()) return 'over';
    return norm === null ? rules.noNorm(terms) : judgeNorm(run.norms, norm, limits);
  };
  const verdict = isOver() ? 'over' : await judge();
  if (verdict !== null) {
    inbox.giveBack(vector);
    return verdict === 'over' ? null : verdict;
  }
  run.vectors.set(key.leaseId, vector);
  await dropUpload(parts, ref);
  return null;
}
