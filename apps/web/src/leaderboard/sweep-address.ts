import type { SweepView } from '@gradpool/protocol';

type Named = Pick<SweepView, 'sweepId' | 'name'>;

/** How an address names a sweep: by its name, or by its id where a newer sweep has taken the name. `all` is oldest first. */
export function addressOf(all: readonly Named[], sweep: Named): string {
  const newest = all.findLast(({ name }) => name === sweep.name);
  return newest?.sweepId === sweep.sweepId ? sweep.name : sweep.sweepId;
}

/** The sweep that an address names; the newest of all where it names none. */
export function findSweep<Sweep extends Named>(all: readonly Sweep[], asked: string | undefined): Sweep | undefined {
  if (asked === undefined) return all.at(-1);
  return all.find(({ sweepId }) => sweepId === asked) ?? all.findLast(({ name }) => name === asked);
}
