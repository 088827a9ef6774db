import type { MessageOf, TrialId, Work } from '@gradpool/protocol';
import { addTo, codecs, parametersFromBytes, type CodecName } from '@gradpool/tensors';
import { fetchedParameters } from './fetched-parameters.ts';
import type { Transfer } from './transfer.ts';
import { WorkError } from './work-error.ts';

type Part = MessageOf<'parameters'>;
type PooledWork = Extract<Work, { kind: 'micro' | 'lane' }>;

export interface ParameterShelf {
  /** A part of parameters that the coordinator sent. */
  readonly take: (part: Part) => void;
  /** The parameters that a lease starts from; `codec` of its changes. Rejects with WorkError E_ARTIFACT_MISSING where they never came. */
  readonly of: (work: PooledWork, signal: AbortSignal, codec?: CodecName) => Promise<Float32Array>;
}

/** What came whole and in order for one round. */
interface Received {
  readonly trialId: TrialId;
  readonly round: number;
  readonly from: number | null;
  readonly bytes: Uint8Array;
}

/** Keeps the newest round of one trial: the leases of a round all start from the same parameters. [M1] [N2] */
export function parameterShelf(transfer: Transfer): ParameterShelf {
  const fetched = fetchedParameters(transfer);
  const assemble = assembler();
  let kept: { readonly trialId: TrialId; readonly round: number; readonly values: Float32Array } | null = null;
  /** Since `kept`, oldest first: decoded only when a lease says by which codec. */
  let changes: Received[] = [];
  return {
    take(part) {
      const whole = assemble(part);
      if (!whole) return;
      if (whole.from !== null) changes.push(whole);
      else {
        const { trialId, round, bytes } = whole;
        kept = { trialId, round, values: parametersFromBytes(bytes) };
        changes = [];
      }
    },
    of: async (work, signal, codec) => {
      if (work.parameters) {
        const way = work.kind === 'lane' && codec ? { codec, changes: work.changes } : undefined;
        return fetched(work.parameters, signal, way);
      }
      if (kept && codec) kept = { ...kept, ...caughtUp(kept, changes.splice(0), codec) };
      if (kept?.trialId === work.trialId && kept.round === work.round) return kept.values;
      const message = `the parameters of round ${work.round} never came; they go ahead of its first lease`;
      throw new WorkError('E_ARTIFACT_MISSING', message);
    },
  };
}

/** Puts the parts of one vector together; null until it is whole, and for parts that do not follow each other. */
function assembler(): (part: Part) => Received | null {
  let current: (Received & { filled: number }) | null = null;
  return ({ trialId, round, from, total, offset, bytes }) => {
    if (offset === 0) current = { trialId, round, from, bytes: new Uint8Array(total), filled: 0 };
    if (current?.filled !== offset || offset + bytes.length > current.bytes.length) return (current = null);
    current.bytes.set(bytes, offset);
    current.filled += bytes.length;
    if (current.filled < current.bytes.length) return null;
    const whole = current;
    current = null;
    return whole;
  };
}

function caughtUp(
  from: { readonly trialId: TrialId; readonly round: number; readonly values: Float32Array },
  changes: readonly Received[],
  codec: CodecName,
): { readonly round: number; readonly values: Float32Array } {
  if (changes.length === 0) return from;
  let { round } = from;
  // A copy: an engine may still read the round before.
  const values = from.values.slice();
  const change = new Float32Array(values.length);
  for (const next of changes) {
    if (next.trialId !== from.trialId || next.from !== round) continue;
    codecs[codec].decode(next.bytes, change);
    addTo(values, change);
    round = next.round;
  }
  return { round, values };
}
