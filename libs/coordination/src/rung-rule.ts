import { rungMetric } from '@gradpool/protocol';
import type { SweepRow, TrialRow } from './rows.ts';

/** The key `early_terminate` of a sweep's spec: asynchronous successive halving (Li et al. 2020). */
export interface HalvingRule {
  /** Of so many cells one goes on, to so many times the epochs. */
  readonly eta: number;
  /** Epochs at the lowest rung: of a classifier its own, after those of its autoencoder. */
  readonly minIter: number;
  /** Parameters in which cells must agree to be compared. */
  readonly compareWithin: readonly string[];
  /** The figure that cells are compared by, and which end of it is the better one. */
  readonly figure: string;
  readonly goal: SweepRow['goal'];
}

/** The rule of a sweep, or null for one whose trials all train to their ends. The shell has checked the spec. */
export function halvingRule({ spec, metric, goal }: Pick<SweepRow, 'spec' | 'metric' | 'goal'>): HalvingRule | null {
  const early = spec['early_terminate'];
  if (typeof early !== 'object' || early === null || Array.isArray(early)) return null;
  const { eta, min_iter: minIter, compare_within: within } = early;
  if (typeof eta !== 'number' || typeof minIter !== 'number' || !(eta >= 2 && minIter >= 1)) return null;
  const rung = rungMetric({ metric, goal });
  const compareWithin = Array.isArray(within) ? within.map(String) : [];
  return { eta, minIter, compareWithin, figure: rung.name, goal: rung.goal };
}

/** Epochs after which a trial of so many `epochs` stops to be compared: minIter eta^i below them, lowest first. */
export function rungEpochs({ eta, minIter }: Pick<HalvingRule, 'eta' | 'minIter'>, epochs: number): number[] {
  const rungs: number[] = [];
  for (let rung = minIter; rung < epochs; rung *= eta) rungs.push(rung);
  return rungs;
}

/** The rung after `epoch`, or the trial's end. */
export function nextStop(rule: Pick<HalvingRule, 'eta' | 'minIter'>, epoch: number, epochs: number): number {
  return rungEpochs(rule, epochs).find((rung) => rung > epoch) ?? epochs;
}

/** Whether a trial has stopped at a rung and waits there for its cell to be judged. */
export function isHeld({ rungs }: Pick<TrialRow, 'rungs'>): boolean {
  return rungs !== null && rungs.figures.at(-1)?.epoch === rungs.untilEpoch;
}

/** A cell at a rung that all of its trials have reached. */
export interface Standing<Cell> {
  readonly cell: Cell;
  /** Mean of its trials' validation figures there. */
  readonly mean: number;
  /** Decides between equal means. */
  readonly index: number;
  /** It has gone on already, or is pruned. */
  readonly decided: boolean;
}

export interface Judged<Cell> {
  readonly promoted: readonly Cell[];
  readonly pruned: readonly { readonly cell: Cell; readonly place: number; readonly mean: number }[];
  /** Cells that the rung will have had at most, and how many of them may go on. */
  readonly of: number;
  readonly kept: number;
}

/**
 * Judges a rung that `open` more cells may still reach. With n cells there, the best floor(n / eta) go on at once, without
 * waiting for the others (Li et al. 2020, algorithm 2); what has gone on stays so, also where later cells are better. A cell that cannot be among
 * the best 1/eta whatever is to come is pruned at once. Of a whole rung at least one goes on.
 */
export function judgeRung<Cell>(
  standings: readonly Standing<Cell>[],
  open: number,
  { eta, goal }: Pick<HalvingRule, 'eta' | 'goal'>,
): Judged<Cell> {
  const sign = goal === 'maximize' ? -1 : 1;
  const of = standings.length + open;
  const kept = Math.max(1, Math.floor(of / eta));
  const going = open === 0 ? kept : Math.floor(standings.length / eta);
  const places = [...standings].sort((a, b) => sign * (a.mean - b.mean) || a.index - b.index);
  const promoted = places.slice(0, going).filter(({ decided }) => !decided);
  const pruned = places.map(({ cell, mean, decided }, at) => ({ cell, mean, decided, place: at + 1 }));
  return {
    promoted: promoted.map(({ cell }) => cell),
    pruned: pruned
      .filter(({ place, decided }) => place > kept && !decided)
      .map(({ cell, place, mean }) => ({ cell, place, mean })),
    of,
    kept,
  };
}
