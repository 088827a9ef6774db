import { shareOfSpeed, type PooledRunView, type SweepView } from '@gradpool/protocol';
import { formatBytes, formatCount, formatMse, formatPlural } from './units.ts';

/** Lines on the pooled runs of a sweep: of each its figures, its validation error where there is one, then its helpers and bytes, then the digest to compare, or why there is none. */
export function pooledLines({ pooledRuns }: SweepView): string[] {
  return pooledRuns
    .slice(0, 2)
    .flatMap((run) => [
      ...[figures(run), ...validated(run), helpersOf(run)],
      run.local ? loose(run.local) : `parameters ${run.parameters}`,
    ]);
}

function figures(run: PooledRunView): string {
  const share = shareOfSpeed(run);
  const ofSpeed = share === null ? '' : ` (${Math.round(100 * share)} % of its workers' speed)`;
  return [
    `round ${formatCount(run.round)} of ${run.local ? 'about ' : ''}${formatCount(run.rounds)}`,
    ...(run.loss === null ? [] : [`loss ${formatMse(run.loss)}`]),
    `${formatCount(run.imagesPerSecond)} images/s${ofSpeed}`,
  ].join(', ');
}

function validated({ validation }: PooledRunView): string[] {
  return validation === null ? [] : [`validation error ${formatMse(validation.mse)} after epoch ${validation.epoch}`];
}

function helpersOf({ helpers, bytesUp, bytesDown, refused }: PooledRunView): string {
  const slow = helpers.filter(({ pace }) => pace === 'slow').map(({ name }) => name);
  const away = helpers.filter(({ pace }) => pace === 'away').length;
  return [
    formatPlural(helpers.length - away, 'helper'),
    ...(away === 0 ? [] : [`${formatCount(away)} gone`]),
    `${formatBytes(bytesUp)} up, ${formatBytes(bytesDown)} down`,
    ...(refused === 0 ? [] : [`${formatPlural(refused, 'part')} refused`]),
    ...(slow.length === 0 ? [] : [`slow: ${slow.slice(0, 3).join(', ')}${slow.length > 3 ? ' …' : ''}`]),
  ].join(', ');
}

function loose({ lanes, staleness, late }: NonNullable<PooledRunView['local']>): string {
  const latest = `latest change ${formatPlural(staleness, 'round')} late`;
  const refused = late === 0 ? '' : `, ${formatCount(late)} too late`;
  return `local, not bit-reproducible: ${formatPlural(lanes, 'lane')}, ${latest}${refused}`;
}
