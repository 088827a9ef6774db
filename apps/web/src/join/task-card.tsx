import { Badge, Group, Progress, Stack, Text, Title } from '@mantine/core';
import type { JoinState } from './join-state.ts';
import { headingOf, sentenceOf } from './task-text.ts';

/** What the worker does at this moment, in one sentence and one bar. */
export function TaskCard({ state }: { readonly state: JoinState }) {
  const { task, moved } = state;
  const percent = Math.round(100 * (moved?.fraction ?? 0));
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
      {task && (
        <Progress.Root size="lg">
          <Progress.Section value={percent} aria-label={`${percent} % of this training is done`} />
        </Progress.Root>
      )}
    </Stack>
  );
}
