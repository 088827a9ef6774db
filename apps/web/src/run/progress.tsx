import { Group, Progress as Bar, Stack, Text } from '@mantine/core';
import type { PooledRunView, TrialView } from '@gradpool/protocol';
import { countText, durationText, errorText } from '../app/figures.ts';
import { useRoom } from '../app/room-context.tsx';
import { PooledProgress } from './pooled-progress.tsx';

/** Where a running trial stands, and the figures of a finished one. */
export function Progress({ trial, pooled }: { readonly trial: TrialView; readonly pooled: PooledRunView | undefined }) {
  const { workers } = useRoom();
  const works = [...workers.values()].flatMap(({ name, leases }) =>
    leases
      .filter(({ trialId, kind }) => trialId === trial.trialId && kind === 'train')
      .map((lease) => ({ name, lease })),
  );
  if (trial.state === 'complete') return <Results trial={trial} />;
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

function Results({ trial: { score, validationMse, durationMs } }: { readonly trial: TrialView }) {
  const figures = [
    ['test MSE (verified)', score?.toFixed(6)],
    ['validation MSE', validationMse?.toFixed(6)],
    ['training took', durationMs === null ? undefined : durationText(durationMs)],
  ] as const;
  return (
    <Group gap="xl">
      {figures.map(([name, value]) => (
        <div key={name}>
          <Text size="sm" c="dimmed">
            {name}
          </Text>
          <Text size="xl" fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
            {value ?? '–'}
          </Text>
        </div>
      ))}
    </Group>
  );
}
