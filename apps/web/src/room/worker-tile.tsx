import { Anchor, Badge, Card, Group, Progress, Stack, Text, Title } from '@mantine/core';
import type { LeaseView, WorkerView } from '@gradpool/protocol';
import { Link } from 'wouter';
import { countText, errorText, percentText } from '../app/figures.ts';
import { seenText } from './last-seen.ts';

/** One worker: who it is, what it does, what it has done. */
export function WorkerTile({ worker, now }: { readonly worker: WorkerView; readonly now: number }) {
  const { name, kind, connected, leases, lastSeenAt } = worker;
  return (
    <Card withBorder component="li" style={{ opacity: connected ? 1 : 0.75 }}>
      <Stack gap={6}>
        <Group justify="space-between" wrap="nowrap">
          <Title order={3} size="h4" style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Title>
          <Badge variant="light" color={connected ? (leases.length > 0 ? 'blue' : 'teal') : 'gray'}>
            {connected ? (leases.length > 0 ? 'working' : 'ready') : 'gone'}
          </Badge>
        </Group>
        <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {worker.platform} · {worker.backend}
          {kind === 'evaluate' ? ' · evaluator: it judges and never trains' : ''}
        </Text>
        {leases.map((lease) => (
          <Work key={lease.leaseId} lease={lease} />
        ))}
        {leases.length === 0 && (
          <Text size="sm">{connected ? 'Waits for work.' : `Last seen ${seenText(lastSeenAt, now)}.`}</Text>
        )}
        <Text size="sm" c="dimmed">
          {contributionText(worker)}
        </Text>
      </Stack>
    </Card>
  );
}

const deeds: Readonly<Record<LeaseView['kind'], string>> = {
  train: 'trains',
  verify: 'verifies',
  baseline: 'computes baselines of',
};

function Work({ lease }: { readonly lease: LeaseView }) {
  const { kind, trialId, label, epoch, epochs, fraction, loss, imagesPerSecond } = lease;
  const what =
    trialId === null ? (
      label
    ) : (
      <Anchor component={Link} href={`/trials/${trialId}`} size="sm">
        {label}
      </Anchor>
    );
  return (
    <div>
      <Text size="sm">
        {deeds[kind]} {what}
      </Text>
      {kind === 'train' && epochs > 0 && (
        <>
          <Text size="sm" style={{ fontVariantNumeric: 'tabular-nums' }}>
            epoch {Math.min(epoch + 1, epochs)} of {epochs}
            {loss === null ? '' : `, loss ${errorText(loss)}`}, {countText(imagesPerSecond)} images/s
          </Text>
          <Progress value={100 * fraction} aria-label={`Progress of ${label}`} />
        </>
      )}
    </div>
  );
}

function contributionText({ kind, presentMs, busyMs, trialsRejected, epochsVerified }: WorkerView) {
  if (kind === 'evaluate') return 'Trusted: trials count when it has recomputed their error.';
  const share = presentMs > 0 ? [`busy ${percentText(Math.min(1, busyMs / presentMs))} of its time`] : [];
  const rejected = trialsRejected > 0 ? [`${countText(trialsRejected)} refused`] : [];
  return [`${countText(epochsVerified)} verified epochs`, ...rejected, ...share].join(', ');
}
