import { isHeld, workerView } from '@gradpool/coordination';
import type { Effect, State, TrialRow } from '@gradpool/coordination';
import type { MessageOf, TrialId, WorkerId } from '@gradpool/protocol';
import { fail } from './ledger.ts';
import { pooledOf } from './sim-pool.ts';
import type { World } from './sim-world.ts';

export function judgeMessage(world: World, state: State, effect: Extract<Effect, { type: 'send' }>): void {
  const { message, workerId } = effect;
  const { ledger } = world;
  if (message.type === 'lease') judgeLease(world, state, workerId, message);
  if (message.type === 'revoke' && message.code === 'E_ROUND_WAITS') {
    ledger.figures.yields += 1;
    const gap = state.gapLeases.has(message.lease.leaseId) && message.checkpointFirst;
    if (!gap) fail(world, 'rounds-first', `lease ${message.lease.leaseId} was called back to a round`);
  }
  if (message.type === 'settled' && message.accepted) {
    if (ledger.settled.has(message.lease.leaseId)) fail(world, 'complete-once', 'one lease was accepted twice');
    ledger.settled.add(message.lease.leaseId);
  }
}

function judgeLease(world: World, state: State, workerId: WorkerId, message: MessageOf<'lease'>): void {
  const { ledger } = world;
  const worker = ledger.workers.get(workerId);
  const view = workerView(state, workerId);
  const { work } = message;
  if (worker === undefined || view === null || !worker.connected || worker.wants < 1) {
    return fail(world, 'right-hands', `${workerId} got a ${work.kind} lease that it did not ask for`);
  }
  worker.wants -= 1;
  if (view.leases.length > worker.slots) fail(world, 'right-hands', `${workerId} holds more leases than it has slots`);
  const kind = work.kind === 'train' || work.kind === 'micro' || work.kind === 'lane' ? 'train' : 'evaluate';
  if (worker.kind !== kind) fail(world, 'right-hands', `a ${worker.kind} worker got a ${work.kind} lease`);
  if (kind === 'evaluate' && !worker.trusted) fail(world, 'right-hands', `an untrusted worker got ${work.kind}`);
  const sweep = ledger.sweeps.get(work.sweepId);
  const paused = sweep?.state === 'paused' && work.kind !== 'verify' && work.kind !== 'validate';
  const halted = sweep?.state === 'cancelled' || paused;
  // Whoever asks sees the codes of a complete trial, and its last figure comes, whatever became of its sweep.
  const always = work.kind === 'embed' || (work.kind === 'validate' && isComplete(world, work.trialId));
  if (sweep === undefined || (halted && !always)) {
    fail(world, 'right-hands', `a ${work.kind} lease of a ${sweep?.state ?? 'missing'} sweep was given`);
  }
  if (work.kind === 'train' && ledger.room === 'ended') fail(world, 'right-hands', 'training goes on in an ended room');
  if (view.removed) fail(world, 'right-hands', `${workerId} works although it was removed`);
  if (work.kind === 'train') {
    judgeTrainLease(world, workerId, message);
    judgeGap(world, state, message);
  }
  if (work.kind === 'verify' && ledger.trials.get(work.trialId)?.workerId === workerId) {
    fail(world, 'right-hands', `${workerId} was asked to verify its own trial`);
  }
  if (work.kind === 'validate') judgeValidateLease(world, state, workerId, message);
  if (work.kind === 'embed') judgeEmbedLease(world, state, workerId, message);
  if (work.kind === 'baseline') {
    for (const { baseline, latent, noise } of work.tasks) {
      const key = `${work.dataset} ${baseline} ${latent} ${noise}`;
      if (ledger.baselines.has(key)) fail(world, 'complete-once', `the stored baseline ${key} is computed again`);
    }
  }
}

const isComplete = ({ ledger }: World, trialId: TrialId): boolean => ledger.trials.get(trialId)?.state === 'complete';

/** [held-once] Of a run under way what the shell holds for it, else the trial's weights; one at a time of a trial and by an evaluator. */
function judgeValidateLease(world: World, state: State, workerId: WorkerId, { work }: MessageOf<'lease'>): void {
  if (work.kind !== 'validate') return;
  const { ledger, pooling } = world;
  const { trialId, parameters } = work;
  ledger.figures.validations += 1;
  const weights = ledger.trials.get(trialId)?.weights?.sha256 === parameters.sha256;
  if (!weights && pooling.held.get(parameters.sha256) !== trialId)
    fail(world, 'held-once', `${trialId} is judged by parameters that are not there`);
  const leases = (id: WorkerId) => workerView(state, id)?.leases.filter(({ kind }) => kind === 'validate') ?? [];
  if (leases(workerId).length > 1) fail(world, 'held-once', `${workerId} validates twice at once`);
  const others = [...ledger.workers.keys()].flatMap(leases).filter((lease) => lease.trialId === trialId);
  if (others.length > 1) fail(world, 'held-once', `two evaluators validate trial ${trialId}`);
}

/** [embed-last] Only of complete trials, once, and one at a time by an evaluator, when nothing is left to judge or to compare with. */
function judgeEmbedLease(world: World, state: State, workerId: WorkerId, { work }: MessageOf<'lease'>): void {
  if (work.kind !== 'embed') return;
  const { ledger } = world;
  const { trialId } = work;
  ledger.figures.embeddings += 1;
  if (ledger.trials.get(trialId)?.state !== 'complete') fail(world, 'embed-last', `${trialId} is not complete`);
  if (ledger.embeddings.has(trialId)) fail(world, 'embed-last', `the stored map of ${trialId} is computed again`);
  const leases = (id: WorkerId) => workerView(state, id)?.leases.filter(({ kind }) => kind === 'embed') ?? [];
  if (leases(workerId).length > 1) fail(world, 'embed-last', `${workerId} computes two maps at once`);
  const others = [...ledger.workers.keys()].flatMap(leases).filter((lease) => lease.trialId === trialId);
  if (others.length > 1) fail(world, 'embed-last', `two evaluators map trial ${trialId}`);
}

function judgeTrainLease(world: World, workerId: WorkerId, { lease, work }: MessageOf<'lease'>): void {
  if (work.kind !== 'train') return;
  const { ledger } = world;
  const row = ledger.trials.get(work.trialId);
  const attempt = ledger.attempts.get(lease.leaseId);
  if (row === undefined || attempt?.fence !== lease.fence || attempt.workerId !== workerId) {
    return fail(world, 'store-first', `lease ${lease.leaseId} has no stored attempt`);
  }
  const others = [...ledger.trials.values()];
  if (work.copy) {
    ledger.figures.copies += 1;
    const waits = others.some(
      (other) => other.state === 'waiting' && !isHeld(other) && ledger.sweeps.get(other.sweepId)?.state === 'running',
    );
    if (waits) fail(world, 'one-lease', `trial ${work.trialId} was copied while another waited`);
  }
  const earlier = others.some(
    (other) =>
      other.sweepId === row.sweepId &&
      other.state === 'waiting' &&
      pooledOf(other.spec) === null &&
      other.erredWorkers.length === 0 &&
      !isHeld(other) &&
      (other.rungs?.figures.length ?? 0) >= (row.rungs?.figures.length ?? 0) &&
      other.seedIndex < row.seedIndex,
  );
  if (earlier && !work.copy) fail(world, 'breadth-first', `seed ${row.seedIndex} of ${row.cellId} came too early`);
  if (row.erredWorkers.includes(workerId)) judgeSecondTry(world, row, workerId);
}

/** [rounds-first] Rounds have work for nobody when a trial is begun. */
function judgeGap(world: World, state: State, { lease }: MessageOf<'lease'>): void {
  if (state.gapLeases.has(lease.leaseId)) world.ledger.figures.gaps += 1;
  for (const trialId of state.pools) {
    const run = state.trials.get(trialId)?.pool;
    if (run?.phase !== 'open' || run.waiting.length === 0) continue;
    fail(world, 'rounds-first', `a trial is begun while micro-batches of ${trialId} wait`);
  }
}

/** [fair-failure] A worker that erred on a trial gets it again only where no other one is there for it. */
function judgeSecondTry(world: World, row: TrialRow, workerId: WorkerId): void {
  const { ledger } = world;
  const busy = new Set([...ledger.live.values()].flatMap((live) => [...live]));
  const holds = new Set([...busy].map((leaseId) => ledger.attempts.get(leaseId)?.workerId));
  for (const [otherId, other] of ledger.workers) {
    if (otherId === workerId || other.kind !== 'train' || !other.connected) continue;
    // A core that waited for one that makes no progress would wait for ever.
    if (world.workers.find((one) => one.workerId === otherId)?.temper === 'stuck') continue;
    if (row.erredWorkers.includes(otherId) || (other.wants < 1 && !holds.has(otherId))) continue;
    fail(world, 'fair-failure', `${workerId} got trial ${row.trialId} again although ${otherId} is there`);
  }
}

/** [fence-grows] Called for what really leaves the coordinator. */
export function checkDelivery(world: World, message: Extract<Effect, { type: 'send' }>['message']): void {
  if (message.type !== 'lease' || message.work.kind !== 'train') return;
  const { trialId } = message.work;
  const { fences } = world.ledger;
  const { fence } = message.lease;
  if (fence <= (fences.get(trialId) ?? 0)) fail(world, 'fence-grows', `trial ${trialId} got fence ${fence} again`);
  fences.set(trialId, fence);
}
