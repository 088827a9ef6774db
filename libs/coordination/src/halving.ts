import type { Context } from './context.ts';
import { enqueue } from './queue.ts';
import type { TrialRow } from './rows.ts';
import { judgeRung, nextStop, rungEpochs, type HalvingRule, type Standing } from './rung-rule.ts';
import { epochsBefore, epochsOf } from './trial-epochs.ts';
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
export function firstRungs(sweep: Sweep, { cellId, spec }: Pick<TrialRow, 'cellId' | 'spec'>): Rungs | null {
  const { halving } = sweep;
  if (halving === null || epochsOf({ spec }) === null) return null;
  const others = (halving.cells.get(cellId)?.trials ?? []).flatMap(({ row }) => row.rungs ?? []);
  const untilEpoch = Math.max(stopAfter(halving.rule, 0, { spec }), ...others.map((rungs) => rungs.untilEpoch));
  return { untilEpoch, figures: [], pruned: others.find(({ pruned }) => pruned !== null)?.pruned ?? null };
}

/** Where a trial that has been compared at a rung (0: not yet) stops next, in its own epochs. */
function stopAfter(rule: HalvingRule, rung: number, row: Pick<TrialRow, 'spec'>): number {
  return epochsBefore(row) + nextStop(rule, rung, comparedEpochs(row));
}

/** Epochs in which a trial can be compared. */
const comparedEpochs = (row: Pick<TrialRow, 'spec'>): number => (epochsOf(row) ?? 0) - epochsBefore(row);

/** Judges every group in which something has changed, until nothing follows any more. */
export function judgeRungs(context: Context): void {
  for (const group of context.judged) {
    context.judged.delete(group);
    const [first] = group.cells;
    const sweep = first === undefined ? undefined : sweepOfTrial(context.state, first.trials[0]!);
    if (sweep?.halving && sweep.row.state !== 'cancelled') judgeGroup(context, sweep.halving.rule, group);
  }
}

/**
 * Lowest rung first, since whoever is pruned there does not come to the next one. Rungs are in epochs in which cells can be
 * compared, so that classifiers with and without an autoencoder stand beside each other; rows have a trial's own epochs.
 */
function judgeGroup(context: Context, rule: HalvingRule, group: HalvedGroup): void {
  const epochsMax = group.cells.reduce((most, cell) => Math.max(most, epochsOfCell(cell)), 0);
  for (const rung of rungEpochs(rule, epochsMax)) {
    const standings: Standing<HalvedCell>[] = [];
    let open = 0;
    for (const cell of group.cells) {
      const found = epochsOfCell(cell) > rung ? standingOf(cell, rung, rule) : 'out';
      if (found === 'open') open += 1;
      else if (found !== 'out') standings.push(found);
    }
    const { promoted, pruned, of, kept } = judgeRung(standings, open, rule);
    for (const cell of promoted) promote(context, rule, cell, rung);
    for (const { cell, place, mean } of pruned) {
      prune(context, rule, cell, { epoch: beforeCell(cell) + rung, place, of, kept, mean });
    }
  }
}

function epochsOfCell({ trials }: HalvedCell): number {
  return trials[0] === undefined ? 0 : comparedEpochs(trials[0].row);
}

/** All trials of a cell have the same parameters. */
const beforeCell = ({ trials }: HalvedCell): number => (trials[0] === undefined ? 0 : epochsBefore(trials[0].row));

/** `open`: the cell may still come to this rung; `out`: it will not, or has nobody left to go on. */
function standingOf(cell: HalvedCell, rung: number, { figure }: HalvingRule): Standing<HalvedCell> | 'open' | 'out' {
  const epoch = beforeCell(cell) + rung;
  const living = cell.trials.filter(({ row }) => row.state !== 'failed');
  const pruned = living.find(({ row }) => row.rungs?.pruned)?.row.rungs?.pruned ?? null;
  if (living.length === 0 || (pruned !== null && pruned.epoch < epoch)) return 'out';
  const passed = living.some(({ row }) => (row.rungs?.untilEpoch ?? 0) > epoch);
  const figures = living.map((trial) => figureAt(trial, epoch, figure));
  const decided = passed || pruned !== null;
  if (!decided && figures.includes('none yet')) return 'open';
  const known = figures.filter((found) => typeof found === 'number');
  if (known.length === 0) return 'out';
  const mean = known.reduce((sum, found) => sum + found, 0) / known.length;
  return { cell, mean, index: cell.index, decided };
}

/** A trial that ended before it came to a rung (its own patience was over) stands there with what it ended with. */
function figureAt({ row }: Trial, epoch: number, name: string): number | 'none yet' | 'no figure' {
  const figure = row.rungs?.figures.find((one) => one.epoch === epoch);
  if (figure !== undefined) return figure.validation;
  const ended = row.state === 'verifying' || row.state === 'complete';
  if (!ended) return 'none yet';
  return (name === 'validation_mse' ? row.validationMse : row.measures[name]) ?? 'no figure';
}

function promote(context: Context, rule: HalvingRule, cell: HalvedCell, rung: number): void {
  for (const trial of cell.trials) {
    const { rungs } = trial.row;
    if (rungs === null || trial.row.state === 'complete') continue;
    const untilEpoch = stopAfter(rule, rung, trial.row);
    updateTrial(context, trial, { rungs: { ...rungs, untilEpoch } });
    if (trial.row.state === 'waiting' && trial.queued === null) {
      enqueue(context.state, sweepOfTrial(context.state, trial), trial);
    }
  }
}

function prune(
  context: Context,
  { figure }: HalvingRule,
  cell: HalvedCell,
  pruned: NonNullable<Rungs['pruned']>,
): void {
  for (const trial of cell.trials) {
    const { rungs, state } = trial.row;
    if (rungs === null || state !== 'waiting') continue;
    const ended = { state: 'pruned', finishedAt: context.now, checkpoint: null } as const;
    updateTrial(context, trial, {
      ...ended,
      validationMse: figure === 'validation_mse' ? (rungs.figures.at(-1)?.validation ?? null) : null,
      rungs: { ...rungs, pruned },
    });
  }
}
