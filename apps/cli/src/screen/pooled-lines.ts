import type { PooledRunView, SweepView } from '@gradpool/protocol';
import { shareOfSpeed } from '../client/room.ts';
import { formatCount, formatMse, formatPlural } from './units.ts';

/** Lines on the pooled runs of a sweep, the first of each with its figures, the second with the digest to compare. */
export function pooledLines({ pooledRuns }: SweepView): string[] {
  return pooledRuns.slice(0, 2).flatMap((run) => [figures(run), `parameters ${run.parameters}`]);
}

function figures(run: PooledRunView): string {
  const share = shareOfSpeed(run);
  const ofSpeed = share === null ? '' : ` (${Math.round(100 * share)} % of its workers' speed)`;
  return [
    `round ${formatCount(run.round)} of ${formatCount(run.rounds)}`,
    ...(run.loss === null ? [] : [`loss ${formatMse(run.loss)}`]),
    `${formatCount(run.imagesPerSecond)} images/s${ofSpeed}`,
    formatPlural(run.helpers.length, 'helper'),
  ].join(', ');
}
