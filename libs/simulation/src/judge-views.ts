import { isDeepStrictEqual } from 'node:util';
import { attemptOf, listSweeps, sweepView, trialsOf } from '@gradpool/coordination';
import type { Effect, State } from '@gradpool/coordination';
import type { TrialState } from '@gradpool/protocol';
import { fail } from './ledger.ts';
import type { World } from './sim-world.ts';

/** The sweeps' own counts, against their trials. */
export function checkCounts(world: World, state: State): void {
  for (const view of listSweeps(state, world.agenda.now)) {
    const trials = trialsOf(state, view.sweepId);
    for (const [name, count] of Object.entries(view.trials)) {
      const found = trials.filter((trial) => trial.state === name).length;
      if (found !== count) fail(world, 'never-lost', `${view.name} counts ${count} ${name} trials, there are ${found}`);
    }
    const open = new Set(trials.filter(({ state: at }) => !isEnded(at)).map(({ cellId }) => cellId));
    const cells = new Set(trials.map(({ cellId }) => cellId));
    if (view.cellsDone !== cells.size - open.size) fail(world, 'never-lost', `${view.name} miscounts its cells`);
    const busy = view.trials.waiting + view.trials.running + view.trials.verifying + view.baselinesWaiting;
    if (view.state === 'complete' && busy > 0) fail(world, 'never-lost', `${view.name} is complete with work left`);
    if (view.state === 'running' && busy === 0) fail(world, 'never-lost', `${view.name} has no work left and runs on`);
  }
}

const isEnded = (state: TrialState): boolean => state === 'complete' || state === 'failed' || state === 'pruned';

export function checkDeadlines(world: World): void {
  for (const [leaseId, deadline] of world.ledger.deadlines) {
    if (deadline <= world.agenda.now) fail(world, 'timely', `lease ${leaseId} outlived its deadline ${deadline}`);
  }
}

/** [restart-same] Both must show the same sweeps, trials and live attempts. */
export function compareRestart(
  world: World,
  running: State,
  restarted: { readonly state: State; readonly effects: readonly Effect[] },
): void {
  const { ledger, agenda } = world;
  ledger.figures.shadowRestarts += 1;
  // Pooled runs are opened again; that is no repair.
  const repair = restarted.effects.find(({ type }) => type !== 'pool');
  if (repair !== undefined) {
    fail(world, 'restart-same', `a restart repaired ${JSON.stringify(repair)}`);
  }
  if (!isDeepStrictEqual(running.room, restarted.state.room)) fail(world, 'restart-same', 'the room is not the same');
  for (const { sweepId } of listSweeps(running, agenda.now)) {
    const [before, after] = [running, restarted.state].map((state) => sweepView(state, sweepId, agenda.now));
    if (before === null || before === undefined || after === null || after === undefined) {
      return fail(world, 'restart-same', `sweep ${sweepId} is gone`);
    }
    // A given-up baseline is tried again after a restart, predictions and pooled runs start anew.
    const same = { etaMs: null, baselinesWaiting: 0, pooledRuns: [] };
    if (!isDeepStrictEqual({ ...before, ...same }, { ...after, ...same })) {
      fail(world, 'restart-same', `sweep ${JSON.stringify(before)} became ${JSON.stringify(after)}`);
    }
    if (after.baselinesWaiting < before.baselinesWaiting) fail(world, 'restart-same', 'a baseline was forgotten');
    if (!isDeepStrictEqual(trialsOf(running, sweepId), trialsOf(restarted.state, sweepId))) {
      fail(world, 'restart-same', `the trials of ${before.name} differ`);
    }
  }
  for (const leases of ledger.live.values()) {
    for (const leaseId of leases) {
      const key = { leaseId, fence: ledger.attempts.get(leaseId)?.fence ?? 0 };
      if (!isDeepStrictEqual(attemptOf(running, key), attemptOf(restarted.state, key))) {
        fail(world, 'restart-same', `lease ${leaseId} is not the same`);
      }
    }
  }
}
