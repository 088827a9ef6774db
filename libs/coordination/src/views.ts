import type {
  CellId,
  CellProvenance,
  LeaseKey,
  LeaseView,
  Measures,
  PooledRunView,
  PrunedCell,
  SpecJson,
  SweepId,
  SweepView,
  TrialId,
  TrialView,
  WorkerId,
  WorkerView,
} from '@gradpool/protocol';
import type { TrialRow } from './rows.ts';
import { coordinationLimits as limits } from './limits.ts';
import { placementOf } from './placement.ts';
import type { PooledRun } from './pooled-run.ts';
import { leaseRemainingMs, poolSpeed, targetFraction } from './speed.ts';
import type { EmbedLease, Lease, State, Sweep, Trial, Worker } from './state.ts';
import { must } from './state.ts';
import { epochsSaved } from './trials.ts';
import { readMs } from './stopwatch.ts';

export function sweepView(state: State, sweepId: SweepId, now: number): SweepView | null {
  const sweep = state.sweeps.get(sweepId);
  if (sweep === undefined) return null;
  const { row } = sweep;
  return {
    sweepId,
    name: row.name,
    state: row.state,
    specHash: row.specHash,
    spec: row.spec,
    dataset: row.dataset,
    codeVersion: row.codeVersion,
    cells: sweep.openByCell.size,
    cellsDone: sweep.cellsDone,
    trials: { ...sweep.counts },
    baselinesWaiting: sweep.baselinesMissing.size,
    epochsSaved: sweep.epochsSaved,
    pooledRuns: pooledRuns(state, sweepId),
    etaMs: etaMs(state, sweep, now),
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
  };
}

/** Predicted ms until the last trial is verified; null where nobody trains or the sweep does not run. */
function etaMs(state: State, sweep: Sweep, now: number): number | null {
  const { waiting, running, verifying } = sweep.counts;
  if (waiting + running + verifying === 0) return 0;
  if (sweep.row.state !== 'running') return null;
  const verifyMs = (state.verifyMs ?? 0) * Math.max(1, verifying);
  if (waiting + running === 0) return Math.round(verifyMs);
  const pool = poolSpeed(state);
  if (pool.flopsPerSecond === 0) return null;
  const { left, longestMs } = runningWork(state, sweep);
  const competing = state.openSweeps.includes(sweep) ? state.openSweeps.length : 1;
  const sharedMs = (1000 * (sweep.waitingCost + left) * competing) / pool.flopsPerSecond;
  const lastMs = waiting > 0 ? (1000 * (sweep.fresh.at(-1)?.remaining ?? 0)) / pool.fastest : 0;
  const sinceMs = Math.max(0, now - state.now);
  const predictedMs = Math.max(0, Math.round(Math.max(sharedMs, longestMs, lastMs) + verifyMs - sinceMs));
  return predictedMs <= limits.etaMsMax ? predictedMs : null;
}

/** Flops left of the running trials, and the predicted end of the last of them; one that stands still is left out. */
function runningWork(state: State, sweep: Sweep): { readonly left: number; readonly longestMs: number } {
  let left = 0;
  let longestMs = 0;
  for (const trialId of sweep.running) {
    const trial = must(state.trials.get(trialId), `trial ${trialId}`);
    let remainingMs = Infinity;
    let fraction = pooledFraction(trial);
    for (const leaseId of trial.leases) {
      const lease = state.leases.get(leaseId);
      if (lease?.kind !== 'train') continue;
      remainingMs = Math.min(remainingMs, leaseRemainingMs(state, lease));
      fraction = Math.max(fraction, lease.fraction);
    }
    left += Math.max(0, targetFraction(trial.row) - fraction) * trial.cell.cost;
    if (Number.isFinite(remainingMs)) longestMs = Math.max(longestMs, remainingMs);
  }
  return { left, longestMs };
}

/** Those of a sweep that have begun a round. */
function pooledRuns(state: State, sweepId: SweepId): PooledRunView[] {
  const trials = [...state.pools].map((trialId) => must(state.trials.get(trialId), `trial ${trialId}`));
  return trials
    .filter(({ row }) => row.sweepId === sweepId)
    .flatMap((trial) => pooledRunView(state, trial) ?? [])
    .slice(0, limits.pooledRunsShownMax);
}

function pooledRunView(state: State, { row, pool }: Trial): PooledRunView | null {
  if (!pool?.start) return null;
  const { start, imagesPerSecond, loss, validation, bytes, refused } = pool;
  const { round, rounds, images, digest } = start;
  const { held, staleness, late } = pool.lanes;
  const local = start.local && { lanes: held.length, staleness, late };
  return {
    ...{ trialId: row.trialId, round, rounds, images, imagesPerSecond, loss, validation, parameters: digest, local },
    ...{ bytesUp: bytes.up, bytesDown: bytes.down, refused, helpers: helpersOf(state, pool) },
  };
}

/** Whose work has counted, most first. */
function helpersOf(state: State, { contributors }: PooledRun): PooledRunView['helpers'] {
  const here = [...contributors].filter(([workerId]) => state.workers.get(workerId)?.connected);
  const speeds = here.map(([, { imagesPerSecond }]) => imagesPerSecond).sort((a, b) => a - b);
  const slow = (speeds[Math.floor(speeds.length / 2)] ?? 0) / limits.helperSlowRatio;
  return [...contributors]
    .sort(([, a], [, b]) => b.images - a.images)
    .slice(0, limits.helpersShownMax)
    .map(([workerId, { images, imagesPerSecond }]) => {
      const worker = state.workers.get(workerId);
      const pace = !worker?.connected ? 'away' : imagesPerSecond < slow ? 'slow' : 'even';
      return { workerId, name: worker?.row.name ?? workerId, images, imagesPerSecond, pace };
    });
}

function pooledFraction({ pool }: Trial): number {
  return pool?.start ? pool.start.round / Math.max(1, pool.start.rounds) : 0;
}

export function workerView(state: State, workerId: WorkerId): WorkerView | null {
  const worker = state.workers.get(workerId);
  if (worker === undefined) return null;
  const { row } = worker;
  const leases = [...worker.leases].map((id) => leaseView(state, must(state.leases.get(id), `lease ${id}`)));
  return {
    workerId,
    name: row.name,
    kind: row.kind,
    platform: row.platform,
    backend: row.backend,
    numericClass: row.numericClass,
    trusted: row.trusted,
    connected: worker.connected,
    removed: row.removedAt !== null,
    slots: worker.slots,
    lastSeenAt: row.lastSeenAt,
    leases,
    imagesPerSecond: leases.reduce((sum, lease) => sum + lease.imagesPerSecond, 0),
    presentMs: readMs(worker.present, state.now),
    busyMs: readMs(worker.busy, state.now),
    trialsCompleted: row.trialsCompleted,
    trialsRejected: row.trialsRejected,
    epochsVerified: row.epochsVerified,
    imagesVerified: row.imagesVerified,
  };
}

function leaseView(state: State, lease: Lease): LeaseView {
  const { leaseId, kind, trialId, sweepId, epoch, epochs, fraction, loss, imagesPerSecond } = lease;
  const copy = lease.kind === 'train' ? lease.attempt.copy : lease.kind === 'micro' && lease.copy;
  return {
    leaseId,
    kind,
    trialId,
    sweepId,
    label: label(state, lease),
    epoch,
    epochs,
    fraction,
    loss,
    imagesPerSecond,
    copy,
  };
}

function label(state: State, lease: Lease): string {
  if (lease.kind === 'baseline') return `${lease.keys.length} baselines`;
  const trial = must(state.trials.get(lease.trialId), `trial ${lease.trialId}`);
  const sweep = must(state.sweeps.get(lease.sweepId), `sweep ${lease.sweepId}`);
  const named = describe(trial.cell.parameters, variedNames(state, sweep));
  return [...named, `seed ${trial.row.seed}`].join(', ').slice(0, limits.textCharsMax);
}

/** `latent 8`, `noise 0.3` … */
function describe(parameters: SpecJson, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = parameters[name];
    if (value === undefined) return [];
    return typeof value === 'object' ? `${name} ${JSON.stringify(value)}` : `${name} ${value}`;
  });
}

/** By sweep: what `variedNames` found, and for how many cells. Cells are only ever added, so the count tells its age. */
const variedBySweep = new WeakMap<Sweep, { readonly cells: number; readonly names: readonly string[] }>();

/** The parameters that are not the same in every cell, by name: the ones a short label has to tell. */
function variedNames(state: State, sweep: Sweep): readonly string[] {
  const known = variedBySweep.get(sweep);
  if (known?.cells === sweep.cellByKey.size) return known.names;
  const seen = new Map<string, string>();
  const varied = new Set<string>();
  for (const cellId of sweep.cellByKey.values()) {
    const { parameters } = must(state.cells.get(cellId), `cell ${cellId}`);
    for (const [name, value] of Object.entries(parameters)) {
      const text = JSON.stringify(value);
      if ((seen.get(name) ?? text) !== text) varied.add(name);
      seen.set(name, text);
    }
  }
  // In a sweep of one cell nothing varies, and everything says which one it is.
  const names = [...(sweep.cellByKey.size === 1 ? seen.keys() : varied)].sort();
  variedBySweep.set(sweep, { cells: sweep.cellByKey.size, names });
  return names;
}

export function trialView(state: State, trialId: TrialId): TrialView | null {
  const trial = state.trials.get(trialId);
  if (trial === undefined) return null;
  const { row } = trial;
  const classes = classesOf(trial);
  return {
    trialId,
    sweepId: row.sweepId,
    cellId: row.cellId,
    parameters: trial.cell.parameters,
    seed: row.seed,
    state: row.state,
    attempts: row.attempts,
    errors: row.errors,
    rungs: row.rungs,
    score: row.score,
    claimedScore: row.claimedScore,
    measures: figuresOf(row),
    details: row.details,
    validationMse: row.validationMse,
    weights: row.weights,
    workerId: row.workerId,
    verifiedBy: row.verifiedBy,
    backend: row.backend,
    numericClass: classes.length === 0 ? null : classes.join(' + ').slice(0, limits.textCharsMax),
    placement: placementOf(trial),
    bitExact: classes.length <= 1 && placementOf(trial) !== 'local',
    segments: row.segments.map((segment) => ({
      ...segment,
      workerName: state.workers.get(segment.worker as WorkerId)?.row.name ?? null,
    })),
    images: row.images,
    durationMs: row.durationMs,
    embedding: embeddingView(state, trialId),
    errorCode: row.errorCode,
    errorMessage: row.errorMessage,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}

function embeddingView(state: State, trialId: TrialId): TrialView['embedding'] {
  const row = state.embeddings.get(trialId);
  if (row === undefined) return null;
  const { map, points, separation, computedAt } = row;
  return { map, points, separation, computedAt };
}

const classesOf = ({ row }: Trial): string[] => [...new Set(row.segments.map(({ numericClass }) => numericClass))];

/** By cell of a sweep: how its verified figures came about. */
export function provenanceOf(state: State, sweepId: SweepId): ReadonlyMap<CellId, CellProvenance> {
  const sign = state.sweeps.get(sweepId)?.row.goal === 'maximize' ? -1 : 1;
  return mapValues(completeTrials(state, sweepId), (trials) => provenance(trials, sign));
}

/** By cell of a sweep: the means of every measure that all of its verified trials have. */
export function measuresOf(state: State, sweepId: SweepId): ReadonlyMap<CellId, Measures> {
  return mapValues(completeTrials(state, sweepId), meanMeasures);
}

function meanMeasures(trials: readonly Trial[]): Measures {
  const figures = trials.map(({ row }) => figuresOf(row));
  const names = Object.keys(figures[0] ?? {});
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = figures.flatMap((figure) => figure[name] ?? []);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return values.length === trials.length ? [[name, mean]] : [];
    }),
  );
}

/**
 * What the evaluator computed of a trial, and once it is complete what its training took: epochs, images a second in the last
 * stretch, and seconds for all epochs at that speed. Nobody can say that of a pooled run.
 */
function figuresOf({ state, measures, segments, images, durationMs, workerId }: TrialRow): Measures {
  const last = segments.at(-1);
  if (state !== 'complete' || workerId === null || last === undefined || durationMs === null || images === 0) {
    return measures;
  }
  const seconds = Math.max(durationMs, 1) / 1000;
  const stretch = Math.max(1, last.toEpoch - last.fromEpoch);
  return {
    ...measures,
    epochs_trained: last.toEpoch,
    images_per_second: images / seconds,
    training_seconds: (seconds * last.toEpoch) / stretch,
  };
}

/** Names of all measures of a sweep's verified trials, in order. */
export function measureNames(state: State, sweepId: SweepId): string[] {
  const names = new Set<string>();
  for (const trials of completeTrials(state, sweepId).values()) {
    for (const { row } of trials) for (const name of Object.keys(figuresOf(row))) names.add(name);
  }
  return [...names].sort();
}

/** A sweep's verified trials by cell. */
function completeTrials(state: State, sweepId: SweepId): Map<CellId, Trial[]> {
  const found = new Map<CellId, Trial[]>();
  for (const trialId of state.sweeps.get(sweepId)?.trialIds ?? []) {
    const trial = must(state.trials.get(trialId), `trial ${trialId}`);
    if (trial.row.state !== 'complete') continue;
    const known = found.get(trial.row.cellId);
    if (known) known.push(trial);
    else found.set(trial.row.cellId, [trial]);
  }
  return found;
}

const mapValues = <Value, Mapped>(map: ReadonlyMap<CellId, Value>, to: (value: Value) => Mapped): Map<CellId, Mapped> =>
  new Map([...map].map(([cellId, value]) => [cellId, to(value)]));

function provenance(trials: readonly Trial[], sign: 1 | -1): CellProvenance {
  const segments = trials.flatMap(({ row }) => row.segments);
  const [first, ...others] = trials.map(({ row }) => row);
  const best = others.reduce(
    (a, b) => (sign * ((b.score ?? Infinity) - (a.score ?? Infinity)) < 0 ? b : a),
    must(first, 'a complete trial'),
  );
  return {
    bestTrialId: best.trialId,
    numericClasses: [...new Set(segments.map(({ numericClass }) => numericClass))].slice(0, limits.classesListedMax),
    placement: placementOf(must(trials[0], 'a complete trial')),
    bitExact: trials.every((trial) => placementOf(trial) !== 'local' && classesOf(trial).length <= 1),
    workers: new Set(segments.map(({ worker }) => worker)).size,
  };
}

/** Cells of a sweep that were stopped early: those that came furthest first, then the better ones. */
export function prunedCells(state: State, sweepId: SweepId): PrunedCell[] {
  const found = new Map<CellId, PrunedCell>();
  for (const trialId of state.sweeps.get(sweepId)?.trialIds ?? []) {
    const { row, cell } = must(state.trials.get(trialId), `trial ${trialId}`);
    if (row.state !== 'pruned' || !row.rungs?.pruned) continue;
    const saved = (found.get(row.cellId)?.epochsSaved ?? 0) + epochsSaved(row);
    const { cellId } = row;
    found.set(cellId, { cellId, parameters: cell.parameters, ...row.rungs.pruned, epochsSaved: saved });
  }
  const sign = state.sweeps.get(sweepId)?.halving?.rule.goal === 'maximize' ? -1 : 1;
  return [...found.values()].sort((a, b) => b.epoch - a.epoch || sign * (a.mean - b.mean));
}

/** All sweeps, in submit order. */
export function listSweeps(state: State, now: number): SweepView[] {
  return [...state.sweeps.keys()].flatMap((sweepId) => sweepView(state, sweepId, now) ?? []);
}

/** The connected workers, then those seen last; at most `workersListedMax`. */
export function listWorkers(state: State): WorkerView[] {
  const rank = ({ connected, leases, row }: Worker): number =>
    connected || leases.size > 0 ? Number.MAX_VALUE : row.lastSeenAt;
  return [...state.workers.values()]
    .sort((a, b) => rank(b) - rank(a) || a.order - b.order)
    .slice(0, limits.workersListedMax)
    .flatMap((worker) => workerView(state, worker.row.workerId) ?? []);
}

/** Trials of a sweep, in the order they were planned; none for an unknown sweep. */
export function trialsOf(state: State, sweepId: SweepId): TrialView[] {
  const trialIds = state.sweeps.get(sweepId)?.trialIds ?? [];
  return trialIds.flatMap((trialId) => trialView(state, trialId) ?? []);
}

/** Which attempt of which trial a live lease tells points and pictures of: one of training or of validation; null for any other. */
export function attemptOf(
  state: State,
  key: LeaseKey,
): { readonly trialId: TrialId; readonly attempt: number; readonly workerId: WorkerId } | null {
  const lease = state.leases.get(key.leaseId);
  if (lease?.fence !== key.fence || (lease.kind !== 'train' && lease.kind !== 'validate')) return null;
  const attempt = lease.kind === 'train' ? lease.attempt.number : lease.attempt;
  return { trialId: lease.trialId, attempt, workerId: lease.workerId };
}

/** The live lease of an embedding that a worker names; null for any other. */
export function embedLeaseOf(state: State, workerId: WorkerId, key: LeaseKey): EmbedLease | null {
  const lease = state.leases.get(key.leaseId);
  return lease?.kind === 'embed' && lease.fence === key.fence && lease.workerId === workerId ? lease : null;
}
