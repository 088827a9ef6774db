import { Progress as Bar, Stack, Text } from '@mantine/core';
import { metricOf, metrics, scoreText } from '@gradpool/experiment';
import type { PooledRunView, TrialView } from '@gradpool/protocol';
import { FigureRow, type NamedFigure } from '../app/figure-row.tsx';
import { countText, durationText, errorText } from '../app/figures.ts';
import { useRoom } from '../app/room-context.tsx';
import { PooledProgress } from './pooled-progress.tsx';
import { validationName } from './trial-text.ts';

interface ProgressProps {
  readonly trial: TrialView;
  /** What its sweep ranks by. */
  readonly metric: string;
  readonly pooled: PooledRunView | undefined;
}

/** Where a running trial stands, and the figures of a finished one. */
export function Progress({ trial, metric, pooled }: ProgressProps) {
  const { workers } = useRoom();
  const works = [...workers.values()].flatMap(({ name, leases }) =>
    leases
      .filter(({ trialId, kind }) => trialId === trial.trialId && kind === 'train')
      .map((lease) => ({ name, lease })),
  );
  if (trial.state === 'complete') return <Results trial={trial} metric={metric} />;
  if (pooled) return <PooledProgress run={pooled} />;
  return (
    <Stack gap="xs">
      {works.map(({ name, lease }) => (
        <div key={lease.leaseId}>
          <Text size="sm">
            {name}: epoch {Math.min(lease.epoch + 1, lease.epochs)} of {lease.epochs}
            {lease.loss === null ? '' : `, loss ${errorText(lease.loss)}`}, {countText(lease.imagesPerSecond)} images/s
            {lease.copy ? ' (a second copy, to be done sooner)' : ''}
          </Text>
          <Bar value={100 * lease.fraction} aria-label={`Progress on ${name}`} />
        </div>
      ))}
    </Stack>
  );
}

function Results({ trial, metric }: { readonly trial: TrialView; readonly metric: string }) {
  const { score, validationMse, durationMs, measures } = trial;
  const others = Object.entries(measures).filter(([name]) => name !== metric && name in metrics);
  const seconds = measures['classifier_seconds'];
  const figures: readonly NamedFigure[] = [
    [`${metricOf(metric).label} (verified)`, score === null ? '–' : scoreText(metric, score, 6)],
    ...others.map(([name, value]) => [metricOf(name).label, scoreText(name, value)] as const),
    ...(validationMse === null ? [] : [[validationName(trial), validationMse.toFixed(6)] as const]),
    ['training took', durationMs === null ? '–' : durationText(durationMs)],
    ...(seconds === undefined ? [] : [['of it the classifier', `${seconds.toFixed(1)} s`] as const]),
  ];
  return <FigureRow figures={figures} size="xl" />;
}
