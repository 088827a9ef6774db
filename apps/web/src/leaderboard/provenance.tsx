import { Anchor, Badge, Code, Group, Stack, Table, Text } from '@mantine/core';
import { metricOf, scoreText } from '@gradpool/experiment';
import type { SweepView, TrialView } from '@gradpool/protocol';
import { Link } from 'wouter';
import { durationText, metricOfSweep } from '../app/figures.ts';
import { placementMarks } from '../app/placement.ts';
import { stateWords } from '../app/trial-states.ts';
import { Trouble } from '../app/trouble.tsx';
import { WorkerName } from '../app/worker-name.tsx';
import { useCellTrials } from './sweep-data.ts';

export interface CellProvenanceProps {
  readonly sweep: SweepView;
  readonly cellId: string;
  /** The trials of the cell where the page lists them; fetched where it does not. */
  readonly listed: readonly TrialView[];
}

/** Where the figures of a cell come from: its trials, one by one, and what they have in common. */
export function CellProvenance({ sweep, cellId, listed }: CellProvenanceProps) {
  const fetched = useCellTrials(sweep.sweepId, cellId, listed.length === 0);
  if (fetched.isError) return <Trouble error={fetched.error} onRetry={() => void fetched.refetch()} />;
  const trials = listed.length > 0 ? listed : (fetched.data ?? []);
  return (
    <Stack gap="xs" py="xs">
      <Table.ScrollContainer minWidth={760}>
        <Table fz="sm" aria-label="Trials of this cell">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Seed</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Verified {metricOf(metricOfSweep(sweep)).label}</Table.Th>
              <Table.Th>Claimed</Table.Th>
              <Table.Th>Trained by</Table.Th>
              <Table.Th>Numeric class</Table.Th>
              <Table.Th>Took</Table.Th>
              <Table.Th>Attempts</Table.Th>
              <Table.Th>Weights SHA-256</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {trials.map((trial) => (
              <TrialLine key={trial.trialId} trial={trial} metric={metricOfSweep(sweep)} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Common sweep={sweep} />
    </Stack>
  );
}

function TrialLine({ trial, metric }: { readonly trial: TrialView; readonly metric: string }) {
  const { trialId, seed, state, score, claimedScore, backend, numericClass, bitExact, durationMs, weights } = trial;
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} href={`/trials/${trialId}`} fz="sm">
          seed {seed}
        </Anchor>
      </Table.Td>
      <Table.Td>{stateWords[state]}</Table.Td>
      <Table.Td>{score === null ? '–' : scoreText(metric, score, 6)}</Table.Td>
      <Table.Td>{claimedScore === null ? '–' : scoreText(metric, claimedScore, 6)}</Table.Td>
      <Table.Td>
        {trial.placement === 'alone' ? <WorkerName id={trial.workerId} /> : placementMarks[trial.placement]}{' '}
        {backend ? `(${backend})` : ''}
      </Table.Td>
      <Table.Td>
        {numericClass ?? '–'}{' '}
        {!bitExact && numericClass !== null && (
          <Badge size="xs" variant="light" color="gray">
            not bit-exact
          </Badge>
        )}
      </Table.Td>
      <Table.Td>{durationMs === null ? '–' : durationText(durationMs)}</Table.Td>
      <Table.Td>{trial.attempts}</Table.Td>
      <Table.Td>{weights ? <Code title={weights.sha256}>{weights.sha256.slice(0, 12)}…</Code> : '–'}</Table.Td>
    </Table.Tr>
  );
}

/** What every trial of a sweep shares. */
function Common({ sweep }: { readonly sweep: SweepView }) {
  return (
    <Group gap="md" fz="sm">
      <Text fz="sm">
        Sweep spec <Code title={sweep.specHash}>{sweep.specHash.slice(0, 12)}…</Code>
      </Text>
      <Text fz="sm">
        Data <Code title={sweep.dataset}>{sweep.dataset.slice(0, 12)}…</Code>
      </Text>
      <Text fz="sm">
        Code version <Code>{sweep.codeVersion}</Code>
      </Text>
      <Anchor href="/verified" fz="sm">
        What “verified” means
      </Anchor>
    </Group>
  );
}
