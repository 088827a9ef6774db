import { Anchor, Badge, Card, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { removeAnswer, type LeaseView, type WorkerView } from '@gradpool/protocol';
import { Link } from 'wouter';
import { postJson } from '../app/api.ts';
import { countText, errorText, percentText } from '../app/figures.ts';
import { useMay } from '../app/room-info.ts';
import { Ask } from './ask.tsx';
import { seenText } from './last-seen.ts';

/** One worker: who it is, what it does, what it has done. */
export function WorkerTile({ worker, now }: { readonly worker: WorkerView; readonly now: number }) {
  const { name, kind, connected, leases, lastSeenAt } = worker;
  return (
    <Card withBorder component="li">
      <Stack gap={6}>
        <Group justify="space-between" wrap="nowrap">
          <Title order={3} size="h4" style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Title>
          <Presence worker={worker} />
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
        <Group justify="space-between" wrap="nowrap" align="end">
          <Text size="sm" c="dimmed">
            {contributionText(worker)}
          </Text>
          <Removal worker={worker} />
        </Group>
      </Stack>
    </Card>
  );
}

function Presence({ worker: { connected, removed, leases } }: { readonly worker: WorkerView }) {
  const [text, color] = removed
    ? ['removed', 'orange']
    : !connected
      ? ['gone', 'gray']
      : leases.length > 0
        ? ['working', 'blue']
        : ['ready', 'teal'];
  return (
    <Badge variant="light" color={color} style={{ flexShrink: 0 }}>
      {text}
    </Badge>
  );
}

function Removal({ worker: { workerId, name, kind, removed } }: { readonly worker: WorkerView }) {
  if (!useMay('admin') || kind === 'evaluate' || removed) return null;
  return (
    <Ask
      label="Remove"
      question={`Send ${name} away? Its work goes to others, and it stays out until the room is opened again.`}
      deed={`Remove ${name}`}
      act={() => postJson(`/api/workers/${workerId}/remove`, {}, removeAnswer)}
    />
  );
}

const deeds: Readonly<Record<LeaseView['kind'], string>> = {
  train: 'trains',
  verify: 'verifies',
  baseline: 'computes baselines of',
  validate: 'validates',
  embed: 'maps the codes of',
  micro: 'helps to train',
  lane: 'helps to train',
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
