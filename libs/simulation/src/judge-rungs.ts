import type { TrialRow } from '@gradpool/coordination';
import { fail } from './ledger.ts';
import type { World } from './sim-world.ts';

/** [rungs] A pruned trial stopped at the rung that it was pruned at, and never comes back; nobody is pruned from a better place than went on. */
export function judgePruned(world: World, before: TrialRow | undefined, row: TrialRow): void {
  const { rungs } = row;
  if (!rungs?.pruned) return fail(world, 'rungs', `trial ${row.trialId} was pruned without a reason`);
  const { epoch, place, of, kept } = rungs.pruned;
  // A seed that is added to a pruned cell is pruned from its start.
  if (before !== undefined && rungs.figures.at(-1)?.epoch !== epoch) {
    fail(world, 'rungs', `trial ${row.trialId} was pruned at epoch ${epoch}, where it never was`);
  }
  if (place <= kept || place > of) fail(world, 'rungs', `trial ${row.trialId} was pruned from place ${place} of ${of}`);
}

/** [rungs] When all is over: of each rung that cells stopped at, the best went on, and nobody waits any more. */
export function judgeRungsEnded(world: World): void {
  const sweeps = new Map<string, TrialRow[]>();
  for (const row of world.ledger.trials.values()) {
    if (row.rungs === null || world.ledger.sweeps.get(row.sweepId)?.state !== 'complete') continue;
    const group = `${row.sweepId} ${JSON.stringify(row.spec['group'])}`;
    sweeps.set(group, [...(sweeps.get(group) ?? []), row]);
  }
  for (const [group, rows] of sweeps) {
    // Where trials failed, who was better than whom depends on when they did.
    if (rows.some(({ state }) => state === 'failed')) continue;
    const epochs = new Set(rows.flatMap(({ rungs }) => rungs?.figures.map(({ epoch }) => epoch) ?? []));
    for (const epoch of epochs) judgeBest(world, group, rows, epoch);
  }
}

function judgeBest(world: World, group: string, rows: readonly TrialRow[], epoch: number): void {
  const cells = new Map<string, number[]>();
  for (const row of rows) {
    const figure = row.rungs?.figures.find((one) => one.epoch === epoch);
    if (figure) cells.set(row.cellId, [...(cells.get(row.cellId) ?? []), figure.validation]);
  }
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [best] = [...cells].sort(([, a], [, b]) => mean(a) - mean(b));
  const pruned = rows.some(({ cellId, rungs }) => cellId === best?.[0] && rungs?.pruned?.epoch === epoch);
  if (pruned) fail(world, 'rungs', `the best cell ${best![0]} of ${group} was pruned at epoch ${epoch}`);
}
