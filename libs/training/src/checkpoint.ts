import { canonicalJson, optimizerRule, type TrialSpec } from '@gradpool/experiment';
import { parameterBytes, parametersFromBytes, vectorsOf } from '@gradpool/tensors';
import type { BestEpoch } from './early-stopping.ts';
import { TrainingError } from './training-error.ts';

/** Everything a run needs to go on with the same bits; the random streams are addressed by `step` and need no state. */
export interface TrainingState {
  readonly parameters: Float32Array;
  /** What the optimizer remembers. */
  readonly memory: readonly Float32Array[];
  /** Optimizer steps taken. */
  step: number;
  /** Sum over the running epoch's images of their loss, and how many they are. */
  epochLoss: number;
  epochImages: number;
  /** Null before the first epoch is judged. */
  best: BestEpoch | null;
}

const magic = 0x47504b31; // 'GPK1'
const preambleBytes = 8;

/**
 * One blob: magic and header length (two big-endian uint32), the header as JSON, then parameters and the optimizer's
 * vectors (m and v of Adam), and the weights of the best epoch where they are kept, as little-endian float32. The header names spec and data set, so that a checkpoint of another trial is refused.
 */
export function encodeCheckpoint(state: TrainingState, identity: CheckpointIdentity): Uint8Array {
  const { step, epochLoss, epochImages, best, parameters, memory } = state;
  const size = parameters.length;
  const bestEpoch = best && { epoch: best.epoch, validationMse: best.validationMse };
  const header = new TextEncoder().encode(
    JSON.stringify({ size, step, epochLoss, epochImages, best: bestEpoch, identity: identityText(identity) }),
  );
  const vectors = [parameters, ...memory, ...(best?.parameters ? [best.parameters] : [])];
  const bytes = new Uint8Array(preambleBytes + header.length + 4 * size * vectors.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  view.setUint32(4, header.length);
  bytes.set(header, preambleBytes);
  vectors.forEach((vector, i) => bytes.set(parameterBytes(vector), preambleBytes + header.length + 4 * size * i));
  return bytes;
}

/** What a checkpoint belongs to. */
export interface CheckpointIdentity {
  readonly spec: TrialSpec;
  readonly digest: string;
  /** Left out for an autoencoder's training. */
  readonly stage?: 'classifier';
}

/** Throws TrainingError E_CHECKPOINT_INVALID for bytes that are no checkpoint of this trial and this layout size. */
export function decodeCheckpoint(bytes: Uint8Array, identity: CheckpointIdentity, size: number): TrainingState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < preambleBytes || view.getUint32(0) !== magic)
    throw invalid(`${bytes.length} bytes without its mark`);
  const headerBytes = view.getUint32(4);
  const at = preambleBytes + headerBytes;
  if (at > bytes.length) throw invalid(`a header of ${headerBytes} bytes in a blob of ${bytes.length}`);
  const header = readHeader(bytes.subarray(preambleBytes, at));
  if (header.identity !== identityText(identity)) throw invalid('another spec or data set');
  if (header.size !== size) throw invalid(`${header.size} parameters where the model has ${size}`);
  const vectors = vectorsOf(optimizerRule(identity.spec));
  const keepsBest = header.best !== null && identity.spec.final_weights === 'best';
  const expected = at + 4 * size * (1 + vectors + (keepsBest ? 1 : 0));
  if (bytes.length !== expected) throw invalid(`${bytes.length} bytes where ${expected} are expected`);
  const vector = (i: number): Float32Array =>
    parametersFromBytes(bytes.subarray(at + 4 * size * i, at + 4 * size * (i + 1)));
  const { step, epochLoss, epochImages } = header;
  const memory = Array.from({ length: vectors }, (_, i) => vector(i + 1));
  const best = header.best && { ...header.best, parameters: keepsBest ? vector(1 + vectors) : null };
  return { parameters: vector(0), memory, step, epochLoss, epochImages, best };
}

interface Header {
  readonly size: number;
  readonly step: number;
  readonly epochLoss: number;
  readonly epochImages: number;
  readonly best: Omit<BestEpoch, 'parameters'> | null;
  readonly identity: string;
}

function readHeader(bytes: Uint8Array): Header {
  let header: Partial<Record<keyof Header, unknown>> | null;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes)) as typeof header;
  } catch {
    throw invalid('a header that is no JSON');
  }
  const numbers = [header?.size, header?.step, header?.epochLoss, header?.epochImages];
  const counts = [header?.size, header?.step, header?.epochImages];
  if (
    !numbers.every((value) => Number.isFinite(value)) ||
    !counts.every(isCount) ||
    !isBestEpoch(header?.best) ||
    typeof header?.identity !== 'string'
  ) {
    throw invalid('a header with missing or impossible values');
  }
  return header as Header;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isBestEpoch(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  const { epoch, validationMse } = value as Partial<Record<keyof BestEpoch, unknown>>;
  return isCount(epoch) && Number.isFinite(validationMse);
}

function identityText({ spec, digest, stage }: CheckpointIdentity): string {
  return canonicalJson({ spec, digest, ...(stage && { stage }) });
}

function invalid(seen: string): TrainingError {
  return new TrainingError(
    'E_CHECKPOINT_INVALID',
    `The checkpoint does not fit this trial: ${seen}; train from the start`,
  );
}
