import { attemptOf, type State } from '@gradpool/coordination';
import { codeMapBytes, trialSpec, weightsLayout, type DatasetManifest } from '@gradpool/experiment';
import {
  wireLimits,
  type ArtifactRef,
  type LeaseKey,
  type MessageOf,
  type TrialId,
  type WorkerId,
} from '@gradpool/protocol';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';

export interface Refusal {
  readonly code:
    | 'E_ARTIFACT_MISSING'
    | 'E_ARTIFACT_TOO_LARGE'
    | 'E_WEIGHTS_SHAPE'
    | 'E_WEIGHTS_NOT_FINITE'
    | 'E_GRADIENT_RANGE'
    | 'E_GRADIENT_NORM'
    | 'E_SPEC'
    | 'E_EMBEDDING';
  readonly message: string;
}

export interface ScreenParts {
  readonly state: State;
  readonly artifacts: ArtifactStore;
  readonly manifest: (digest: string) => DatasetManifest | null;
}

/** The trial that a worker holds the lease of; null for any other lease, which the core refuses by itself. */
export function trainedTrial(state: State, workerId: WorkerId, lease: LeaseKey): TrialId | null {
  if (state.leases.get(lease.leaseId)?.kind !== 'train') return null;
  const attempt = attemptOf(state, lease);
  return attempt?.workerId === workerId ? attempt.trialId : null;
}

/**
 * What speaks against a training result before the core sees it: weights that are not there, of another length than the
 * model of the trial's spec, or not finite. Null where nothing does. A promise only where a blob has to be read.
 */
export function screenWeights(
  parts: ScreenParts,
  trial: TrialId,
  outcome: Extract<MessageOf<'result'>['outcome'], { kind: 'train' }>,
): Refusal | null | Promise<Refusal | null> {
  const { sha256, bytes } = outcome.weights;
  const blob = parts.artifacts.find(sha256);
  if (!blob) return refusal('E_ARTIFACT_MISSING', `the weights ${sha256} were never uploaded; put them first`);
  const wanted = weightBytes(parts, trial);
  if (typeof wanted !== 'number') return wanted;
  if (bytes !== wanted || blob.bytes !== wanted) {
    const seen = blob.bytes === bytes ? `${bytes}` : `${bytes} (claimed) and ${blob.bytes} (stored)`;
    return refusal('E_WEIGHTS_SHAPE', `the weights have ${seen} bytes; the model of this spec has ${wanted}`);
  }
  if (blob.finite !== null) return blob.finite ? null : notFinite(sha256);
  return parts.artifacts.isFinite(sha256).then((finite) => (finite ? null : notFinite(sha256)));
}

/** What speaks against the details of a verification: bytes that are not there, or more than are taken. */
export function screenDetails({ artifacts }: ScreenParts, { sha256, bytes }: ArtifactRef): Refusal | null {
  const blob = artifacts.find(sha256);
  if (!blob) return refusal('E_ARTIFACT_MISSING', `the details ${sha256} were never uploaded; put them first`);
  if (blob.bytes === bytes && bytes <= wireLimits.detailsBytesMax) return null;
  const most = wireLimits.detailsBytesMax;
  return refusal(
    'E_ARTIFACT_TOO_LARGE',
    `the details have ${bytes} bytes (claimed) and ${blob.bytes} (stored); at most ${most} are taken`,
  );
}

/** What speaks against a map of codes: it is not there, or has another length than its count says. */
export function screenMap(
  artifacts: ArtifactStore,
  { map, points }: Extract<MessageOf<'result'>['outcome'], { kind: 'embed' }>,
): Refusal | null {
  const stored = artifacts.find(map.sha256)?.bytes;
  if (stored === undefined)
    return refusal('E_ARTIFACT_MISSING', `the map ${map.sha256} was never uploaded; put it first`);
  const wanted = codeMapBytes(points);
  if (stored === wanted && map.bytes === wanted) return null;
  return refusal('E_EMBEDDING', `the map has ${stored} bytes; one of ${points} points has ${wanted}`);
}

/** Bytes of the flat float32 vector that the trial's model has. */
function weightBytes({ state, manifest }: ScreenParts, id: TrialId): number | Refusal {
  const trial = state.trials.get(id);
  const known = trial && sizes.get(trial.cell);
  if (known !== undefined) return known;
  const sweep = trial && state.sweeps.get(trial.row.sweepId)?.row;
  const shapes = sweep && manifest(sweep.dataset);
  if (!shapes) return refusal('E_SPEC', 'the data set of this trial is not one that this coordinator serves any more');
  const spec = trialSpec.safeParse(trial.row.spec);
  if (!spec.success) return refusal('E_SPEC', 'the spec of this trial is not one that this version reads');
  const size = 4 * weightsLayout(spec.data, shapes).size;
  sizes.set(trial.cell, size);
  return size;
}

/** The trials of a cell differ in their seed alone; cells are never changed, so their size holds as long as they live. */
const sizes = new WeakMap<object, number>();

const refusal = (code: Refusal['code'], message: string): Refusal => ({ code, message });

const notFinite = (sha256: string): Refusal =>
  refusal('E_WEIGHTS_NOT_FINITE', `the weights ${sha256} hold NaN or an infinity; try a smaller learning rate`);
