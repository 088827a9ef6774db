import type { LeaseKey, WorkerId } from '@gradpool/protocol';
import { baselinesErred, baselinesLost, baselinesResulted } from './baselines.ts';
import type { Context } from './context.ts';
import { revoke, settle, workerChanged } from './context.ts';
import { embeddingErred, embeddingLost, embeddingResulted } from './embeddings.ts';
import type { Event } from './events.ts';
import { findLease, isRefusal, leaseEnd, renewLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import { laneResulted } from './lane-leases.ts';
import { microProgressed, microResulted } from './micro-leases.ts';
import { pooledErred, pooledLost } from './pooled.ts';
import { refusalCodes } from './refusals.ts';
import { sampleSpeed } from './speed.ts';
import type { Lease, TrainLease } from './state.ts';
import { checkpointed, trainingErred, trainingLost, trainingReleased, trainingResulted } from './training.ts';
import { validationErred, validationLost, validationResulted } from './validations.ts';
import { verificationErred, verificationLost, verificationResulted } from './verification.ts';

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;

/** What a worker says about a lease. A lease that is gone is answered with a refusal and changes nothing. */
export function answerResult(context: Context, event: EventOf<'resulted'>): void {
  const lease = answeredLease(context, event);
  if (lease === null) return;
  const { outcome } = event;
  if (lease.kind === 'train' && outcome.kind === 'train') trainingResulted(context, lease, outcome);
  else if (lease.kind === 'verify' && outcome.kind === 'verify') verificationResulted(context, lease, outcome);
  else if (lease.kind === 'baseline' && outcome.kind === 'baseline') baselinesResulted(context, lease, outcome);
  else if (lease.kind === 'embed' && outcome.kind === 'embed') embeddingResulted(context, lease, outcome);
  else if (lease.kind === 'validate' && outcome.kind === 'validate') validationResulted(context, lease, outcome);
  else if (lease.kind === 'micro' && outcome.kind === 'micro') microResulted(context, lease, outcome);
  else if (lease.kind === 'lane' && outcome.kind === 'lane') laneResulted(context, lease, outcome);
  else {
    const message = `the lease asks for ${lease.kind}, the answer is one of ${outcome.kind}; send the right outcome`;
    settle(context, event.workerId, lease, { code: refusalCodes.outcomeKind, message });
  }
}

export function answerRelease(context: Context, event: EventOf<'released'>): void {
  const lease = answeredLease(context, event);
  if (lease === null) return;
  if (lease.kind === 'train') trainingReleased(context, lease, event);
  else giveUp(context, lease, 'released');
  settle(context, event.workerId, lease, null);
}

export function answerError(context: Context, event: EventOf<'erred'>): void {
  const lease = answeredLease(context, event);
  if (lease === null) return;
  const error = { code: event.code, message: event.message.slice(0, limits.textCharsMax) };
  if (lease.kind === 'train') trainingErred(context, lease, error);
  else if (lease.kind === 'verify') verificationErred(context, lease, error);
  else if (lease.kind === 'micro' || lease.kind === 'lane') pooledErred(context, lease, error);
  else if (lease.kind === 'embed') embeddingErred(context, lease);
  else if (lease.kind === 'validate') validationErred(context, lease);
  else baselinesErred(context, lease);
  settle(context, event.workerId, lease, null);
}

function answeredLease(
  context: Context,
  event: { readonly workerId: WorkerId; readonly lease: LeaseKey },
): Lease | null {
  const found = findLease(context.state, event.workerId, event.lease);
  if (!isRefusal(found)) return found;
  settle(context, event.workerId, event.lease, found);
  return null;
}

/**
 * The live lease that a sign of life names, renewed; one that is gone is revoked. Where the worker ended it itself and
 * just has not heard our answer yet (`answerFollows`), nothing is said twice.
 */
export function renewNamed(context: Context, workerId: WorkerId, key: LeaseKey, answerFollows: boolean): Lease | null {
  const found = findLease(context.state, workerId, key);
  if (isRefusal(found)) {
    const end = leaseEnd(context.state, key.leaseId);
    const own = end === 'settled' || end === 'released';
    if (!own || !answerFollows) revoke(context, workerId, key, found);
    return null;
  }
  renewLease(found, context.now);
  return found;
}

export function noteProgress(context: Context, event: EventOf<'progressed'>): void {
  const { workerId, progress } = event;
  const lease = renewNamed(context, workerId, progress.lease, true);
  if (lease === null) return;
  if (lease.kind === 'micro') return microProgressed(context, lease, progress.fraction);
  lease.epoch = progress.epoch;
  lease.epochs = progress.epochs;
  if (progress.fraction > lease.fraction) lease.movedAt = context.now;
  lease.fraction = progress.fraction;
  lease.loss = progress.loss;
  lease.imagesPerSecond = progress.imagesPerSecond;
  if (lease.kind === 'train') sampleSpeed(context.state, lease, progress.fraction);
  workerChanged(context, workerId);
}

export function noteCheckpoint(context: Context, event: EventOf<'checkpointed'>): void {
  const lease = renewNamed(context, event.workerId, event.lease, true);
  if (lease?.kind === 'train') checkpointed(context, lease, event.checkpoint);
}

/** A lease whose worker is gone. */
export function loseLease(context: Context, lease: Lease): void {
  if (lease.kind === 'train') trainingLost(context, lease);
  else giveUp(context, lease, 'expired');
}

/** A lease whose worker left in order. */
export function returnLease(context: Context, lease: Lease): void {
  if (lease.kind === 'train') trainingReleased(context, lease, { checkpoint: null, reason: 'the worker left' });
  else giveUp(context, lease, 'released');
}

/** A lease of work that is begun anew by whoever gets it next, since it has no checkpoint. */
function giveUp(context: Context, lease: Exclude<Lease, TrainLease>, end: 'released' | 'expired'): void {
  if (lease.kind === 'verify') verificationLost(context, lease, end);
  else if (lease.kind === 'micro' || lease.kind === 'lane') pooledLost(context, lease, end);
  else if (lease.kind === 'embed') embeddingLost(context, lease, end);
  else if (lease.kind === 'validate') validationLost(context, lease, end);
  else baselinesLost(context, lease, end);
}
