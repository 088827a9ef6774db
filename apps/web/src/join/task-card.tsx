import { Badge, Group, Progress, Stack, Text, Title } from '@mantine/core';
import type { JoinState, Training } from './join-state.ts';
import { headingOf, sentenceOf, trainingText } from './task-text.ts';

/** What the worker does at this moment: the first training in one sentence and a large bar, the others below, small. */
export function TaskCard({ state }: { readonly state: JoinState }) {
  const [first, ...others] = state.trainings;
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h4">
          {headingOf(state)}
        </Title>
        {state.backend && (
          <Badge variant="light" tt="none">
            {state.backend.name}
          </Badge>
        )}
      </Group>
      <Text>{sentenceOf(state)}</Text>
      {first && <Bar training={first} size="lg" />}
      {others.map((training) => (
        <div key={training.task.leaseId}>
          <Text size="sm" c="dimmed">
            {trainingText(training)}
          </Text>
          <Bar training={training} size="sm" />
        </div>
      ))}
    </Stack>
  );
}

function Bar({ training: { moved }, size }: { readonly training: Training; readonly size: 'sm' | 'lg' }) {
  const percent = Math.round(100 * (moved?.fraction ?? 0));
  return (
    <Progress.Root size={size}>
      <Progress.Section value={percent} aria-label={`${percent} % of this training is done`} />
    </Progress.Root>
  );
}
