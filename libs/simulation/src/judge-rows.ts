import { isDeepStrictEqual } from 'node:util';
import { coordinationLimits as limits } from '@gradpool/coordination';
import type { AttemptRow, PersistRow, TrialRow } from '@gradpool/coordination';
import type { TrialId, TrialState } from '@gradpool/protocol';
import { fail } from './ledger.ts';
import { judgePruned } from './judge-rungs.ts';
import { pooledOf } from './sim-pool.ts';
import type { World } from './sim-world.ts';

export function noteRow(world: World, entry: PersistRow, touched: Set<TrialId>): void {
  const { ledger } = world;
  if (entry.table === 'sweep') ledger.sweeps.set(entry.row.sweepId, entry.row);
  if (entry.table === 'trial') {
    judgeMove(world, ledger.trials.get(entry.row.trialId), entry.row);
    ledger.trials.set(entry.row.trialId, entry.row);
    touched.add(entry.row.trialId);
  }
  if (entry.table === 'room') ledger.room = entry.row.state;
  if (entry.table === 'attempt') noteAttempt(world, entry.row, touched);
  if (entry.table === 'embedding') {
    const { trialId } = entry.row;
    if (ledger.embeddings.has(trialId)) fail(world, 'embed-last', `the map of trial ${trialId} was stored twice`);
    ledger.embeddings.add(trialId);
  }
  if (entry.table === 'baseline') {
    const { dataset, baseline, latent, noise } = entry.row;
    const key = `${dataset} ${baseline} ${latent} ${noise}`;
    if (ledger.baselines.has(key)) fail(world, 'complete-once', `the baseline ${key} was stored twice`);
    ledger.baselines.add(key);
  }
}

const moves: Readonly<Record<TrialState, readonly TrialState[]>> = {
  // Within one step a trial may go two moves: handed back and granted again, say.
  waiting: ['waiting', 'running', 'pruned', 'cancelled'],
  running: ['running', 'waiting', 'pruned', 'failed', 'verifying', 'cancelled'],
  verifying: ['verifying', 'complete', 'waiting', 'running', 'failed', 'cancelled'],
  complete: ['complete'],
  pruned: ['pruned'],
  failed: ['failed'],
  cancelled: ['cancelled', 'waiting', 'running'],
};

function judgeMove(world: World, before: TrialRow | undefined, row: TrialRow): void {
  const what = `trial ${row.trialId} went from ${before?.state ?? 'nothing'} to ${row.state}`;
  if (row.state === 'pruned' && before?.state !== 'pruned') judgePruned(world, before, row);
  if (before === undefined) {
    if (row.state === 'pruned') return;
    if (row.state !== 'waiting' && row.state !== 'running') fail(world, 'never-lost', what);
    return;
  }
  if (!moves[before.state].includes(row.state)) fail(world, 'never-lost', what);
  if (before.state === 'complete') {
    const told = before.validationMse === null && row.validationMse !== null && pooledOf(row.spec) !== null;
    if (!told || !isDeepStrictEqual({ ...before, validationMse: row.validationMse }, row))
      fail(world, 'complete-once', `complete trial ${row.trialId} was written again`);
  }
  if (row.state === 'complete') judgeComplete(world, row);
  if (row.state === 'failed' && pooledOf(row.spec) === null) {
    const errorsMax = world.ledger.sweeps.get(row.sweepId)?.errorsMax ?? Infinity;
    if (row.errors < errorsMax) fail(world, 'fair-failure', `${what} after ${row.errors} errors`);
    if (row.erredWorkers.length !== row.errors)
      fail(world, 'fair-failure', `${what}; its errors are not accounted for`);
  }
}

function judgeComplete(world: World, row: TrialRow): void {
  const { score, claimedScore, weights, verifiedBy, workerId } = row;
  const actual = weights === null ? undefined : world.artifacts.get(weights.sha256);
  const pooled = pooledOf(row.spec) !== null;
  if (typeof actual !== 'number' || score === null || (claimedScore === null) !== pooled) {
    return fail(world, 'complete-once', `trial ${row.trialId} is complete without a figure`);
  }
  if (Math.abs(score - actual) > 1e-3 * actual) fail(world, 'complete-once', `${score} was not what was found`);
  const off = claimedScore === null ? 0 : Math.abs(claimedScore - score);
  if (off > 0.01 * score) fail(world, 'complete-once', `a false claim passed`);
  if (verifiedBy === null || verifiedBy === workerId) fail(world, 'right-hands', `trial ${row.trialId} judged itself`);
}

export function noteAttempt(world: World, row: AttemptRow, touched: Set<TrialId>): void {
  const { ledger } = world;
  const before = ledger.attempts.get(row.leaseId);
  if (before !== undefined && before.state !== 'running') {
    fail(world, 'complete-once', `attempt ${row.leaseId} ended twice: ${before.state}, then ${row.state}`);
  }
  if (row.state === 'rejected') ledger.figures.rejections += 1;
  ledger.attempts.set(row.leaseId, row);
  const live = ledger.live.get(row.trialId) ?? new Set();
  ledger.live.set(row.trialId, live);
  if (row.state === 'running' && row.endedAt === null) {
    live.add(row.leaseId);
    ledger.deadlines.set(row.leaseId, world.agenda.now + limits.leaseMs);
  } else {
    live.delete(row.leaseId);
    ledger.deadlines.delete(row.leaseId);
  }
  const verdict = ledger.verdicts.get(row.trialId) ?? { complete: 0, erred: 0 };
  ledger.verdicts.set(row.trialId, verdict);
  if (row.state === 'complete') verdict.complete += 1;
  if (row.state === 'failed' || row.state === 'rejected') verdict.erred += 1;
  touched.add(row.trialId);
}

export function judgeTrial(world: World, trialId: TrialId): void {
  const { ledger } = world;
  const row = ledger.trials.get(trialId);
  const live = [...(ledger.live.get(trialId) ?? [])].map((leaseId) => ledger.attempts.get(leaseId)!);
  if (row === undefined) return fail(world, 'never-lost', `an attempt names the unknown trial ${trialId}`);
  if (pooledOf(row.spec) !== null) {
    if (live.length > 0) fail(world, 'micro-once', `pooled trial ${trialId} has an attempt`);
    return;
  }
  if ((row.state === 'running') !== live.length > 0) {
    fail(world, 'never-lost', `trial ${trialId} is ${row.state} with ${live.length} live leases`);
  }
  const { complete, erred } = ledger.verdicts.get(trialId) ?? { complete: 0, erred: 0 };
  if (complete !== (row.state === 'complete' ? 1 : 0)) {
    fail(world, 'complete-once', `${complete} attempts of trial ${trialId} are complete, which is ${row.state}`);
  }
  if (erred !== row.errors)
    fail(world, 'fair-failure', `${erred} attempts erred, trial ${trialId} counts ${row.errors}`);
  if (live.length > 2 || (live.length === 2 && !live.some(({ copy }) => copy))) {
    fail(world, 'one-lease', `trial ${trialId} is held by ${live.length} leases`);
  }
  if (live.length === 2 && live[0]?.workerId === live[1]?.workerId) {
    fail(world, 'one-lease', `worker ${live[0]?.workerId} copies itself`);
  }
}
