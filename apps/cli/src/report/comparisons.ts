import { holmAdjusted, signFlipSmallest, signFlipTest, summarize } from '@gradpool/experiment';
import type { LeaderboardRow } from '@gradpool/protocol';
import { linearRivalOf } from '../screen/grid.ts';
import type { SeedErrors, Slice } from './slices.ts';

/** Family-wise error rate of the tests of one table. */
export const alpha = 0.05;

/** One cell against another, or against a baseline, over the seeds that both have. */
export interface Comparison {
  readonly label: string;
  /** Shared seeds. */
  readonly pairs: number;
  /** Mean of the differences, first minus second. */
  readonly difference: number;
  /** Whether that speaks for the first. */
  readonly better: boolean;
  /** Half-width of the 95 % t-interval of that mean; null below two pairs. */
  readonly ci95: number | null;
  /** Of the sign-flip test, before and after Holm's correction for all comparisons of the table. */
  readonly p: number;
  readonly adjusted: number;
}

type Raw = Omit<Comparison, 'adjusted'>;

/** A larger code against the next smaller one, at each noise factor of each slice. */
export function neighbourComparisons(slices: readonly Slice[], errors: SeedErrors): Comparison[] {
  return corrected(
    slices.flatMap(({ label, grid }) =>
      grid.noises.flatMap((noise) =>
        grid.latents.slice(1).flatMap((larger, index) => {
          const smaller = grid.latents[index];
          if (smaller === undefined) return [];
          const [a, b] = [grid.cell(larger, noise), grid.cell(smaller, noise)];
          const name = named(label, `k = ${larger} against ${smaller}, noise ${noise}`);
          return a && b ? [compared(name, pairedDifferences(a, b, errors))] : [];
        }),
      ),
    ),
  );
}

/** Two cells of a board, and how people call the comparison of the first with the second. */
export interface ComparedCells {
  readonly label: string;
  readonly a: LeaderboardRow;
  readonly b: LeaderboardRow;
}

/** Each pair over the seeds that both have, by a score of which more is better. */
export function pairedComparisons(pairs: readonly ComparedCells[], errors: SeedErrors): Comparison[] {
  return corrected(pairs.map(({ label, a, b }) => compared(label, pairedDifferences(a, b, errors), 1)));
}

/** Each cell against the best linear method of its size and noise. */
export function linearComparisons(slices: readonly Slice[], errors: SeedErrors): Comparison[] {
  return corrected(
    slices.flatMap(({ label, board, grid }) =>
      grid.latents.flatMap((latent) =>
        grid.noises.flatMap((noise) => {
          const row = grid.cell(latent, noise);
          const linear = row ? linearRivalOf(board, row) : null;
          if (!row || linear === null) return [];
          const differences = [...(errors.get(row.cellId)?.values() ?? [])].map((error) => error - linear);
          return [compared(named(label, `k = ${latent}, noise ${noise}`), differences)];
        }),
      ),
    ),
  );
}

/** Seeds from which on so many comparisons can all be significant together. */
export const seedsNeeded = (comparisons: number): number => {
  let seeds = 2;
  while (comparisons * signFlipSmallest(seeds) > alpha) seeds += 1;
  return seeds;
};

/** Differences a - b over the seeds that both cells have verified results of. */
function pairedDifferences(a: LeaderboardRow, b: LeaderboardRow, errors: SeedErrors): number[] {
  const others = errors.get(b.cellId);
  return [...(errors.get(a.cellId) ?? [])].flatMap(([seed, error]) => {
    const other = others?.get(seed);
    return other === undefined ? [] : [error - other];
  });
}

const named = (slice: string, rest: string): string => (slice === '' ? rest : `${slice}: ${rest}`);

/** `sign`: -1 for scores of which less is better. */
function compared(label: string, differences: readonly number[], sign: 1 | -1 = -1): Raw {
  const { mean, ci95 } = summarize(differences);
  const better = sign * mean > 0;
  return { label, pairs: differences.length, difference: mean, better, ci95, p: signFlipTest(differences) };
}

/** Comparisons without a shared seed say nothing and count for nothing. */
function corrected(raw: readonly Raw[]): Comparison[] {
  const known = raw.filter(({ pairs }) => pairs > 0);
  const adjusted = holmAdjusted(known.map(({ p }) => p));
  return known.map((comparison, index) => ({ ...comparison, adjusted: adjusted[index] ?? 1 }));
}
