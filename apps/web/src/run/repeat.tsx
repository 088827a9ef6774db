import { Card, Code, Group, Text, Title } from '@mantine/core';
import type { SweepView, TrialView } from '@gradpool/protocol';
import { Copy } from '../app/copy.tsx';
import { repeatCommand, repeatSweep } from './repeat-command.ts';

/** The one command that trains this trial again. */
export function Repeat({ sweep, trial }: { readonly sweep: SweepView; readonly trial: TrialView }) {
  const command = repeatCommand(repeatSweep(sweep, trial));
  return (
    <Card withBorder>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h3">
          Train it again
        </Title>
        <Copy text={command} label="Copy command" />
      </Group>
      <Text size="sm" mb="xs">
        In a folder with version {sweep.codeVersion} of gradpool and a coordinator running (npm start).{' '}
        {trial.state === 'pruned'
          ? 'It then trains to its end, since there is nothing to compare it with.'
          : 'On a worker of the same numeric class the weights come out with the same SHA-256.'}
      </Text>
      <Code block tabIndex={0} aria-label="Command that repeats this run">
        {command}
      </Code>
    </Card>
  );
}
