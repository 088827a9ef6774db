/** What ranking needs of a row: `ci95` is the half-width of the 95 % interval of the mean, null below two seeds. */
export interface Ranked {
  readonly mean: number;
  readonly ci95: number | null;
  readonly n: number;
}

/** Places that a band of ties shares, from 1. `band` counts the bands, from 1. */
export interface Place {
  readonly from: number;
  readonly to: number;
  readonly band: number;
}

/** Seeds below which a mean is shown but not ranked. */
export const rankedSeedsMin = 3;

/**
 * Places of rows that stand best first; null for a row with too few seeds. A band opens with the best row that is in no
 * band yet and takes in the rows after it whose intervals overlap that first row's: among those nobody has won.
 */
export function placesOf(rows: readonly Ranked[]): (Place | null)[] {
  const bands: { leader: Ranked; from: number; members: number[] }[] = [];
  let ranked = 0;
  rows.forEach((row, index) => {
    if (row.n < rankedSeedsMin) return;
    ranked += 1;
    const open = bands.at(-1);
    if (open && overlap(open.leader, row)) open.members.push(index);
    else bands.push({ leader: row, from: ranked, members: [index] });
  });
  const places = rows.map((): Place | null => null);
  bands.forEach(({ from, members }, index) => {
    for (const member of members) places[member] = { from, to: from + members.length - 1, band: index + 1 };
  });
  return places;
}

const overlap = (a: Ranked, b: Ranked): boolean => Math.abs(a.mean - b.mean) <= (a.ci95 ?? 0) + (b.ci95 ?? 0);
