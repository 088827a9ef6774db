import type { PooledRunView, SweepView } from '@gradpool/protocol';
import { shareOfSpeed } from '../client/room.ts';
import { formatCount, formatMse, formatPlural } from './units.ts';

/** Lines on the pooled runs of a sweep, the first of each with its figures, the second with the digest to compare, or why there is none. */
export function pooledLines({ pooledRuns }: SweepView): string[] {
  return pooledRuns
    .slice(0, 2)
    .flatMap((run) => [figures(run), run.local ? loose(run.local) : `parameters ${run.parameters}`]);
}

function figures(run: PooledRunView): string {
  const share = shareOfSpeed(run);
  const ofSpeed = share === null ? '' : ` (${Math.round(100 * share)} % of its workers' speed)`;
  return [
    `round ${formatCount(run.round)} of ${run.local ? 'about ' : ''}${formatCount(run.rounds)}`,
    ...(run.loss === null ? [] : [`loss ${formatMse(run.loss)}`]),
    `${formatCount(run.imagesPerSecond)} images/s${ofSpeed}`,
    formatPlural(run.helpers.length, 'helper'),
  ].join(', ');
}

function loose({ lanes, staleness, late }: NonNullable<PooledRunView['local']>): string {
  const latest = `latest change ${formatPlural(staleness, 'round')} late`;
  const refused = late === 0 ? '' : `, ${formatCount(late)} too late`;
  return `local, not bit-reproducible: ${formatPlural(lanes, 'lane')}, ${latest}${refused}`;
}
