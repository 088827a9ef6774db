import type { ReactNode } from 'react';
import { Anchor, Badge, Card, Group, Progress, Stack, Text, Title } from '@mantine/core';
import type { SweepView } from '@gradpool/protocol';
import { Link } from 'wouter';
import { countText, durationText } from '../app/figures.ts';
import { useMay } from '../app/room-info.ts';
import { stateWords } from '../app/trial-states.ts';
import { SweepSteering } from './sweep-steering.tsx';

const stateColours = { running: 'blue', paused: 'orange', complete: 'teal', cancelled: 'gray' } as const;

export interface SweepCardProps {
  readonly sweep: SweepView;
  readonly address: string;
  readonly children: ReactNode;
}

/** One sweep: how far it is, and how to steer it for those who may. `address` names it in links. */
export function SweepCard({ sweep, address, children }: SweepCardProps) {
  const { name, state, trials, etaMs } = sweep;
  const all = Object.values(trials).reduce((sum, count) => sum + count, 0);
  const mayAdmin = useMay('admin');
  const open = state === 'running' || state === 'paused';
  return (
    <Card withBorder>
      <Stack gap="xs">
        <Group justify="space-between">
          <Group gap="xs">
            <Title order={3} size="h4">
              <Anchor component={Link} href={`/leaderboard/${address}`} inherit>
                {name}
              </Anchor>
            </Title>
            <Badge variant="light" color={stateColours[state]}>
              {state}
            </Badge>
          </Group>
          {mayAdmin && open && <SweepSteering sweep={sweep} />}
        </Group>
        <Progress.Root size="lg">
          <Progress.Section
            value={(100 * trials.complete) / Math.max(1, all)}
            color="teal"
            aria-label={`Trials of ${name} verified`}
          />
          <Progress.Section
            value={(100 * (trials.running + trials.verifying)) / Math.max(1, all)}
            color="blue"
            aria-label={`Trials of ${name} under way`}
          />
          {trials.pruned > 0 && (
            <Progress.Section
              value={(100 * trials.pruned) / all}
              color="gray.5"
              aria-label={`Trials of ${name} stopped early`}
            />
          )}
        </Progress.Root>
        <Text size="sm">{countsText(sweep, all)}</Text>
        {open && (
          <Text size="sm" c="dimmed">
            {state === 'paused'
              ? 'Paused: what was trained is kept; nothing is handed out.'
              : etaMs === null
                ? 'Nobody trains it now.'
                : `About ${durationText(etaMs)} left.`}
          </Text>
        )}
        {children}
      </Stack>
    </Card>
  );
}

function countsText({ trials }: SweepView, all: number): string {
  const parts = (['running', 'verifying', 'waiting', 'failed', 'pruned', 'cancelled'] as const)
    .filter((state) => trials[state] > 0)
    .map((state) => `${countText(trials[state])} ${stateWords[state]}`);
  return [`${countText(trials.complete)} of ${countText(all)} trials verified`, ...parts].join(', ');
}
