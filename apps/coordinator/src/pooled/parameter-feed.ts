import { encode, wireLimits, type TrialId } from '@gradpool/protocol';

/** What a round's parameters are sent to. */
export interface ParameterReader {
  readonly sendBytes: (frame: Uint8Array) => void;
}

interface PublishedRound {
  readonly run: number;
  readonly round: number;
  /** Little-endian float32, as they are until the next round is published. */
  readonly parameters: Uint8Array;
  /** What changed since the round before, where readers may have that one. Encoded once for all. */
  readonly changes: { readonly round: number; readonly bytes: Uint8Array; frames: Uint8Array[] | null }[];
  whole: Uint8Array[] | null;
}

/** Rounds of local mode whose changes stay there for workers that are late. */
const changesMax = 4;

/** Sends each reader a round's parameters once: the frames are encoded for the first and are the same for all. [M1] [N2] */
export class ParameterFeed {
  private readonly onSent: (trialId: TrialId, bytes: number) => void;
  private readonly rounds = new Map<TrialId, PublishedRound>();
  /** The newest that each reader was sent. */
  private readonly sent = new WeakMap<ParameterReader, { readonly trialId: TrialId; run: number; round: number }>();

  constructor(onSent: (trialId: TrialId, bytes: number) => void) {
    this.onSent = onSent;
  }

  /** The parameters of a run's next round; `change` is what they changed by, in local mode. */
  publish(
    trialId: TrialId,
    next: Pick<PublishedRound, 'run' | 'round' | 'parameters'>,
    change: Uint8Array | null,
  ): void {
    const before = this.rounds.get(trialId);
    const known = before?.run === next.run ? before.changes : [];
    const changes = change ? [...known, { round: next.round, bytes: change, frames: null }].slice(-changesMax) : [];
    this.rounds.set(trialId, { ...next, changes, whole: null });
  }

  forget(trialId: TrialId): void {
    this.rounds.delete(trialId);
  }

  /** Sends what the reader lacks of the trial's present round. */
  bring(reader: ParameterReader, trialId: TrialId): void {
    const published = this.rounds.get(trialId);
    if (!published) return;
    const has = this.sent.get(reader);
    const { run, round } = published;
    const hasRound = has?.trialId === trialId && has.run === run ? has.round : -1;
    if (hasRound === round) return;
    this.sent.set(reader, { trialId, run, round });
    for (const frame of framesSince(published, trialId, hasRound)) {
      reader.sendBytes(frame);
      this.onSent(trialId, frame.length);
    }
  }
}

function framesSince(published: PublishedRound, trialId: TrialId, hasRound: number): readonly Uint8Array[] {
  const { round, parameters, changes } = published;
  const missing = changes.filter((change) => change.round > hasRound);
  if (hasRound >= 0 && missing.length === round - hasRound) {
    return missing.flatMap((change) => {
      change.frames ??= framesOf({ trialId, round: change.round, from: change.round - 1, bytes: change.bytes });
      return change.frames;
    });
  }
  published.whole ??= framesOf({ trialId, round, from: null, bytes: parameters });
  return published.whole;
}

interface Sendable {
  readonly trialId: TrialId;
  readonly round: number;
  readonly from: number | null;
  readonly bytes: Uint8Array;
}

function framesOf({ bytes, ...what }: Sendable): Uint8Array[] {
  const { vectorPartBytesMax } = wireLimits;
  const total = bytes.length;
  return Array.from({ length: Math.ceil(total / vectorPartBytesMax) }, (_, i) => {
    const offset = i * vectorPartBytesMax;
    const part = bytes.subarray(offset, offset + vectorPartBytesMax);
    return encode({ type: 'parameters', ...what, total, offset, bytes: part });
  });
}
