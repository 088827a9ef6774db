import { coordinationLimits as limits } from './limits.ts';
import { type LeasedSlice, type Pace, type PooledRun, runOf, waitingMicroBatches } from './pooled-run.ts';
import { poolSpeed, speedOf } from './speed.ts';
import { must, type State, type Trial, type Worker } from './state.ts';

/** One slot of a worker: when it is free for more, and how long a lease takes it. */
interface Slot extends Pace {
  readonly freeAt: number;
}

const servedTo = ({ served }: PooledRun, { row }: Worker): number => served.get(row.workerId) ?? 0;

/** Flops of one micro-batch. */
export function microCost(trial: Trial): number {
  const { start } = runOf(trial);
  return start === null ? 0 : trial.cell.cost / Math.max(1, start.rounds * start.microBatches);
}

/** By what this worker's leases of the run took, transfers apart; before the first one by its speed at large. */
function paceOf(trial: Trial, worker: Worker): Pace {
  const measured = runOf(trial).contributors.get(worker.row.workerId)?.pace;
  return measured ?? { partMs: (1000 * microCost(trial)) / speedOf(worker), besidesMs: 0 };
}

/**
 * Micro-batches that a worker with a free slot gets, so that all slots are done, and their sums there, at the same time: with few transfers,
 * since each lease sends a whole sum. 0 where whatever waits is done sooner by others, busy as they are.
 */
export function shareOf(state: State, trial: Trial, worker: Worker): number {
  const run = runOf(trial);
  const all = waitingMicroBatches(run);
  if (all === 0 || (state.trainers.size === 1 && worker.slots === 1)) return all;
  if (state.trainers.size > limits.microPlannedMax) return shareBySpeed(state, run, worker);
  if (isProbed(run, worker)) return 1;
  const waiting = all - probesDue(state, run);
  if (waiting <= 0) return 0;
  const own = { ...paceOf(trial, worker), freeAt: state.now };
  const slots = slotsOf(state, trial);
  const due = (endOf(slots, waiting) - state.now - own.besidesMs) / own.partMs;
  const isFirst = servedTo(run, worker) < worker.slots;
  const split = isFirst && due * own.partMs > limits.microSplitMs;
  const count = split ? Math.round(limits.microFirstShare * due) : wholeParts(due);
  if (count > 0) return Math.min(waiting, count);
  return slots.every((slot) => endOfOne(slot) >= endOfOne(own)) ? 1 : 0;
}

/** Whether rounds have passed this worker over for so long that it is to be measured anew. */
function isProbed({ passedOver }: PooledRun, { row }: Worker): boolean {
  const passed = passedOver.get(row.workerId);
  return passed !== undefined && passed.rounds >= passed.probeAfter;
}

/** Micro-batches kept back for workers that are measured anew, and that are asking. */
function probesDue(state: State, run: PooledRun): number {
  let due = 0;
  for (const workerId of run.passedOver.keys()) {
    const worker = state.workers.get(workerId);
    const isAsking = worker !== undefined && worker.idleSpeed !== null;
    if (isAsking && isProbed(run, worker)) due += 1;
  }
  return due;
}

/** A round is over: whoever waited through it for nothing has been passed over once more. */
export function notePassedOver(state: State, run: PooledRun): void {
  const { passedOver, served } = run;
  for (const workerId of passedOver.keys()) if (!state.trainers.has(workerId)) passedOver.delete(workerId);
  if (state.trainers.size > limits.microPlannedMax) return;
  for (const workerId of state.trainers) {
    const worker = must(state.workers.get(workerId), `worker ${workerId}`);
    if (worker.idleSpeed === null || served.has(workerId)) continue;
    const passed = passedOver.get(workerId) ?? { rounds: 0, probeAfter: limits.microProbeRounds };
    passedOver.set(workerId, { ...passed, rounds: passed.rounds + 1 });
  }
}

/** The worker gets a part: the next probe is further off where this is one, and none is due where it has its share again. */
export function noteServed(run: PooledRun, worker: Worker): void {
  const { workerId } = worker.row;
  const passed = run.passedOver.get(workerId);
  run.served.set(workerId, servedTo(run, worker) + 1);
  if (!passed) return;
  const probeAfter = Math.min(limits.microProbeRoundsMax, 2 * passed.probeAfter);
  if (isProbed(run, worker)) run.passedOver.set(workerId, { rounds: 0, probeAfter });
  else run.passedOver.delete(workerId);
}

const endOfOne = ({ freeAt, partMs, besidesMs }: Slot): number => freeAt + partMs + besidesMs;

/** Half its share of what waits: what a crowd leaves undone at the end is little. */
function shareBySpeed(state: State, run: PooledRun, worker: Worker): number {
  const share = speedOf(worker) / Math.max(speedOf(worker), poolSpeed(state).flopsPerSecond);
  const isFirst = servedTo(run, worker) < worker.slots;
  const due = isFirst ? (run.start?.microBatches ?? 0) * share : (waitingMicroBatches(run) * share) / 2;
  return Math.max(1, Math.round(due));
}

/**
 * Of all connected trainers that have a part of the round or may take one, but for those that train a trial of a sweep. A slot that is late is
 * expected to be late once more by as much.
 */
function slotsOf(state: State, trial: Trial): Slot[] {
  const busyUntil = new Map<string, number[]>();
  for (const slice of runOf(trial).leased) {
    if (slice.update !== null) continue;
    for (const leaseId of slice.leases) {
      const lease = state.leases.get(leaseId);
      if (lease?.kind !== 'micro' || lease.sending) continue;
      const worker = must(state.workers.get(lease.workerId), `worker ${lease.workerId}`);
      const end = lease.grantedAt + (slice.to - slice.from) * paceOf(trial, worker).partMs;
      const ends = busyUntil.get(lease.workerId) ?? [];
      ends.push(end >= state.now ? end : state.now + 2 * (state.now - end));
      busyUntil.set(lease.workerId, ends);
    }
  }
  return [...state.trainers].flatMap((workerId) => {
    const worker = must(state.workers.get(workerId), `worker ${workerId}`);
    const pace = paceOf(trial, worker);
    const ends = busyUntil.get(workerId) ?? [];
    const training = [...worker.leases].filter((leaseId) => state.leases.get(leaseId)?.kind === 'train').length;
    const length = mayAsk(state, worker) ? Math.max(0, worker.slots - training) : ends.length;
    return Array.from({ length }, (_, i) => ({ ...pace, freeAt: ends[i] ?? state.now }));
  });
}

/** Whether its free slots count: whoever asks for nothing, or rests, must not hold up those that do ask. */
function mayAsk(state: State, { idleSpeed, wants, restUntil, unoccupiedSince }: Worker): boolean {
  if (idleSpeed !== null) return true;
  if (restUntil > state.now) return false;
  return wants > 0 || unoccupiedSince === null || state.now - unoccupiedSince < limits.microAskMs;
}

/**
 * The earliest time by which the slots together can have done so many micro-batches, each of them whole, and sent their sums. Half a micro-batch of a
 * slow worker takes longer than many of a fast one: what the slow ones do not finish by then, the fast ones take.
 */
function endOf(slots: readonly Slot[], waiting: number): number {
  const doneBy = (end: number): number => slots.reduce((sum, slot) => sum + wholePartsBy(slot, end), 0);
  // Where parts could be cut anywhere they would be done by `low`; whole ones are by the time that each slot has done one more.
  let low = endOfCut(slots, waiting);
  let high = low + Math.max(...slots.map(({ partMs }) => partMs));
  for (let halving = 0; halving < endHalvings; halving += 1) {
    const middle = (low + high) / 2;
    if (doneBy(middle) >= waiting) high = middle;
    else low = middle;
  }
  return high;
}

/** From the longest micro-batch down to a thousandth of it. */
const endHalvings = 10;

/** Who lacks so little of a micro-batch gets it: no prediction is better than that. */
const wholeParts = (parts: number): number => Math.floor(parts + limits.microPartTolerance);

/** Micro-batches that a slot has done, and whose sum is there, by a point in time. */
function wholePartsBy({ freeAt, besidesMs, partMs }: Slot, end: number): number {
  return Math.max(0, wholeParts((end - freeAt - besidesMs) / partMs));
}

/** When the slots together would have done so many micro-batches if these could be cut anywhere: each works from when it is free until it has to send its sum. */
function endOfCut(slots: readonly Slot[], waiting: number): number {
  const starts = slots.map(({ freeAt, besidesMs, partMs }) => ({ at: freeAt + besidesMs, partMs }));
  starts.sort((a, b) => a.at - b.at);
  let perMs = 0;
  let doneAtZero = 0;
  let end = Infinity;
  for (const [i, { at, partMs }] of starts.entries()) {
    perMs += 1 / partMs;
    doneAtZero += at / partMs;
    end = (waiting + doneAtZero) / perMs;
    if (end <= (starts[i + 1]?.at ?? Infinity)) break;
  }
  return end;
}

/** Whether another worker may as well do a slice that is in the hands of this one: it is late, or slow by far. */
export function isLate(state: State, trial: Trial, slice: LeasedSlice, other: Worker): boolean {
  const { microCopyMsMin, microCopyRatio, microLateRatio } = limits;
  const holder = state.workers.get(must(state.leases.get(slice.leases[0]!), 'the lease of a slice').workerId);
  if (holder === undefined || holder === other) return false;
  const msOf = (worker: Worker, ratio: number): number => {
    const { partMs, besidesMs } = paceOf(trial, worker);
    return ratio * ((slice.to - slice.from) * partMs + besidesMs);
  };
  const dueMs = Math.min(msOf(holder, microLateRatio), msOf(other, microCopyRatio));
  return state.now - slice.grantedAt > Math.max(microCopyMsMin, dueMs);
}
