import { Badge, Card, Table, Text, Title } from '@mantine/core';
import { attemptsAnswer, type AttemptView, type TrialView } from '@gradpool/protocol';
import { useQuery } from '@tanstack/react-query';
import { getJson } from '../app/api.ts';
import { durationText } from '../app/figures.ts';
import { Trouble } from '../app/trouble.tsx';

/** Who trained which epochs, attempt by attempt. */
export function Segments({ trial }: { readonly trial: TrialView }) {
  // Attempts are told by no message of their own: a trial that moved on has other ones.
  const attempts = useQuery({
    queryKey: ['attempts', trial.trialId, trial.state, trial.attempts],
    queryFn: ({ signal }) => getJson(`/api/trials/${trial.trialId}/attempts`, attemptsAnswer, signal),
    placeholderData: (earlier) => earlier,
  });
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        Who trained which epochs
      </Title>
      {attempts.isError && <Trouble error={attempts.error} onRetry={() => void attempts.refetch()} />}
      {attempts.data?.attempts.length === 0 && <Text>Nobody yet.</Text>}
      {attempts.data && attempts.data.attempts.length > 0 && (
        <Attempts attempts={attempts.data.attempts} rungs={trial.rungs} />
      )}
    </Card>
  );
}

interface AttemptsProps {
  readonly attempts: readonly AttemptView[];
  readonly rungs: TrialView['rungs'];
}

function Attempts({ attempts, rungs }: AttemptsProps) {
  return (
    <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label="Attempts">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Attempt</Table.Th>
            <Table.Th>Worker</Table.Th>
            <Table.Th>Epochs</Table.Th>
            <Table.Th>How it ended</Table.Th>
            <Table.Th>Took</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {attempts.map((attempt) => (
            <Table.Tr key={`${attempt.number} ${attempt.workerId} ${attempt.startedAt}`}>
              <Table.Td>
                {attempt.number}{' '}
                {attempt.copy && (
                  <Badge size="xs" variant="light" color="gray">
                    copy
                  </Badge>
                )}
              </Table.Td>
              <Table.Td>{attempt.workerName ?? `…${attempt.workerId.slice(-8)}`}</Table.Td>
              <Table.Td>{epochsText(attempt)}</Table.Td>
              <Table.Td>{endText(attempt, rungs)}</Table.Td>
              <Table.Td>
                {attempt.endedAt === null ? 'still going' : durationText(attempt.endedAt - attempt.startedAt)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

const epochsText = ({ fromEpoch, toEpoch }: AttemptView): string =>
  toEpoch > fromEpoch ? `${fromEpoch + 1} to ${toEpoch}` : 'none whole';

const ends: Readonly<Record<AttemptView['state'], string>> = {
  running: 'training now',
  complete: 'trained to the end and verified',
  rejected: 'refused: its claim was not what its weights give',
  failed: 'ended in an error',
  lost: 'the worker was lost',
  released: 'handed back, to go on elsewhere',
  superseded: 'another copy was done first',
};

function endText({ state, toEpoch, errorMessage, errorCode }: AttemptView, rungs: TrialView['rungs']): string {
  const compared = state === 'released' && rungs?.figures.some(({ epoch }) => epoch === toEpoch) === true;
  if (compared) return 'stopped as asked, to be compared with others';
  return errorMessage === null ? ends[state] : `${ends[state]}: ${errorMessage} (${errorCode ?? 'no code'})`;
}
