import type { Context } from './context.ts';
import { enqueue } from './queue.ts';
import type { TrialRow } from './rows.ts';
import { judgeRung, nextStop, rungEpochs, type HalvingRule, type Standing } from './rung-rule.ts';
import { epochsOf } from './speed.ts';
import type { HalvedCell, HalvedGroup, Sweep, Trial } from './state.ts';
import { sweepOfTrial, updateTrial } from './trials.ts';

/** What the core keeps of a trial's rungs; null in a sweep without early termination. */
export type Rungs = NonNullable<TrialRow['rungs']>;

/** A trial's figure at the rung where it was to stop: it waits there, and its cell may now be judged. */
export function rungReached(
  context: Context,
  trial: Trial,
  rung: { readonly epoch: number; readonly validation: number },
): void {
  const { rungs } = trial.row;
  if (rungs === null) return;
  const { epoch, validation } = rung;
  updateTrial(context, trial, { rungs: { ...rungs, figures: [...rungs.figures, { epoch, validation }] } });
}

/** Whether a hand-back with this figure is the stop that was asked for, for the first time. */
export function isAwaited({ row: { rungs } }: Trial, epoch: number): boolean {
  return rungs?.untilEpoch === epoch && rungs.figures.every((figure) => figure.epoch !== epoch);
}

/** Where a new trial of a cell begins: with the others of its cell, which may have gone on or been pruned before it was there. */
export function firstRungs(sweep: Sweep, cellId: TrialRow['cellId'], epochs: number | null): Rungs | null {
  const { halving } = sweep;
  if (halving === null || epochs === null) return null;
  const others = (halving.cells.get(cellId)?.trials ?? []).flatMap(({ row }) => row.rungs ?? []);
  const untilEpoch = Math.max(nextStop(halving.rule, 0, epochs), ...others.map((rungs) => rungs.untilEpoch));
  return { untilEpoch, figures: [], pruned: others.find(({ pruned }) => pruned !== null)?.pruned ?? null };
}

/** Judges every group in which something has changed, until nothing follows any more. */
export function judgeRungs(context: Context): void {
  for (const group of context.judged) {
    context.judged.delete(group);
    const [first] = group.cells;
    const sweep = first === undefined ? undefined : sweepOfTrial(context.state, first.trials[0]!);
    if (sweep?.halving && sweep.row.state !== 'cancelled') judgeGroup(context, sweep.halving.rule, group);
  }
}

/** Lowest rung first, since whoever is pruned there does not come to the next one. */
function judgeGroup(context: Context, rule: HalvingRule, group: HalvedGroup): void {
  const epochsMax = group.cells.reduce((most, cell) => Math.max(most, epochsOfCell(cell)), 0);
  for (const epoch of rungEpochs(rule, epochsMax)) {
    const standings: Standing<HalvedCell>[] = [];
    let open = 0;
    for (const cell of group.cells) {
      const found = epochsOfCell(cell) > epoch ? standingOf(cell, epoch) : 'out';
      if (found === 'open') open += 1;
      else if (found !== 'out') standings.push(found);
    }
    const { promoted, pruned, of, kept } = judgeRung(standings, open, rule.eta);
    for (const cell of promoted) promote(context, rule, cell, epoch);
    for (const { cell, place, mean } of pruned) prune(context, cell, { epoch, place, of, kept, mean });
  }
}

function epochsOfCell({ trials }: HalvedCell): number {
  return trials[0] === undefined ? 0 : (epochsOf(trials[0].row) ?? 0);
}

/** `open`: the cell may still come to this rung; `out`: it will not, or has nobody left to go on. */
function standingOf(cell: HalvedCell, epoch: number): Standing<HalvedCell> | 'open' | 'out' {
  const living = cell.trials.filter(({ row }) => row.state !== 'failed');
  const pruned = living.find(({ row }) => row.rungs?.pruned)?.row.rungs?.pruned ?? null;
  if (living.length === 0 || (pruned !== null && pruned.epoch < epoch)) return 'out';
  const passed = living.some(({ row }) => (row.rungs?.untilEpoch ?? 0) > epoch);
  const figures = living.map((trial) => figureAt(trial, epoch));
  const decided = passed || pruned !== null;
  if (!decided && figures.includes('none yet')) return 'open';
  const known = figures.filter((figure) => typeof figure === 'number');
  if (known.length === 0) return 'out';
  const mean = known.reduce((sum, figure) => sum + figure, 0) / known.length;
  return { cell, mean, index: cell.index, decided };
}

/** A trial that ended before it came to a rung (its own patience was over) stands there with what it ended with. */
function figureAt({ row }: Trial, epoch: number): number | 'none yet' | 'no figure' {
  const figure = row.rungs?.figures.find((one) => one.epoch === epoch);
  if (figure !== undefined) return figure.validation;
  const ended = row.state === 'verifying' || row.state === 'complete';
  return ended ? (row.validationMse ?? 'no figure') : 'none yet';
}

function promote(context: Context, rule: HalvingRule, cell: HalvedCell, epoch: number): void {
  for (const trial of cell.trials) {
    const { rungs } = trial.row;
    if (rungs === null || trial.row.state === 'complete') continue;
    const untilEpoch = nextStop(rule, epoch, epochsOf(trial.row) ?? 0);
    updateTrial(context, trial, { rungs: { ...rungs, untilEpoch } });
    if (trial.row.state === 'waiting' && trial.queued === null) {
      enqueue(context.state, sweepOfTrial(context.state, trial), trial);
    }
  }
}

function prune(context: Context, cell: HalvedCell, pruned: NonNullable<Rungs['pruned']>): void {
  for (const trial of cell.trials) {
    const { rungs, state } = trial.row;
    if (rungs === null || state !== 'waiting') continue;
    const ended = { state: 'pruned', finishedAt: context.now, checkpoint: null } as const;
    updateTrial(context, trial, {
      ...ended,
      validationMse: rungs.figures.at(-1)?.validation ?? null,
      rungs: { ...rungs, pruned },
    });
  }
}
