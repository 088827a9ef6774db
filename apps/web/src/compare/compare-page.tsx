import { useMemo, useState } from 'react';
import { Alert, Anchor, Card, Group, NativeSelect, SegmentedControl, Stack, Table, Text, Title } from '@mantine/core';
import { scoreText } from '@gradpool/experiment';
import type { SweepView } from '@gradpool/protocol';
import { Link, useSearch } from 'wouter';
import { CurvePlot, type DrawnCurve } from '../app/curve-plot.tsx';
import { curveOf, metricNames } from '../app/curves.ts';
import { metricOfSweep } from '../app/figures.ts';
import { lineLook } from '../app/line-colours.ts';
import { wordsOf } from '../app/parameters.ts';
import { Pause } from '../app/pause.tsx';
import { useRoom } from '../app/room-context.tsx';
import { stateWords } from '../app/trial-states.ts';
import { Trouble } from '../app/trouble.tsx';
import { metricWords } from '../run/trial-text.ts';
import { comparedTrials, comparedTrialsMax } from './compare-path.ts';
import { useComparedRuns, type ComparedRun } from './compared-runs.ts';
import { differingNames, runLabel, valueOf } from './run-values.ts';

export default function ComparePage() {
  const search = useSearch();
  const trialIds = useMemo(() => comparedTrials(new URLSearchParams(search)), [search]);
  const runs = useComparedRuns(trialIds);
  const { sweeps } = useRoom();
  return (
    <Stack>
      <Title order={1} size="h2">
        Compare runs
      </Title>
      {trialIds.length === 0 ? (
        <NothingChosen />
      ) : runs.isPending ? (
        <Pause />
      ) : runs.isError ? (
        <Trouble error={runs.error} onRetry={() => void runs.refetch()} />
      ) : (
        <Comparison runs={runs.data} sweeps={sweeps} />
      )}
    </Stack>
  );
}

const NothingChosen = () => (
  <Alert title="No runs chosen">
    Choose up to {comparedTrialsMax} runs on the{' '}
    <Anchor component={Link} href="/leaderboard" inherit>
      leaderboard
    </Anchor>{' '}
    and press Compare.
  </Alert>
);

interface ComparisonProps {
  readonly runs: readonly ComparedRun[];
  readonly sweeps: ReadonlyMap<string, SweepView>;
}

function Comparison({ runs, sweeps }: ComparisonProps) {
  const metrics = metricNames(runs.flatMap(({ points }) => points));
  const [asked, setAsked] = useState('validation_mse');
  const metric = metrics.includes(asked) ? asked : (metrics[0] ?? asked);
  const [scale, setScale] = useState('linear');
  const names = useMemo(() => differingNames(runs.map(({ trial }) => trial)), [runs]);
  const curves = useMemo(() => drawn({ runs, sweeps }, names, metric), [runs, sweeps, names, metric]);
  return (
    <>
      <Group align="end">
        <NativeSelect
          label="Curve"
          data={metrics.map((value) => ({ value, label: metricWords(value) }))}
          value={metric}
          onChange={({ currentTarget }) => {
            setAsked(currentTarget.value);
          }}
        />
        <SegmentedControl aria-label="Scale" data={['linear', 'log']} value={scale} onChange={setScale} />
      </Group>
      <Card withBorder>
        {metrics.length === 0 ? (
          <Text>None of these runs has finished an epoch yet.</Text>
        ) : (
          <CurvePlot
            curves={curves}
            measure={metricWords(metric)}
            summary={`${metricWords(metric)} of ${runs.length} runs against epochs; the table below has their figures`}
            logarithmic={scale === 'log'}
          />
        )}
      </Card>
      <RunTable runs={runs} sweeps={sweeps} names={names} />
    </>
  );
}

const drawn = ({ runs, sweeps }: ComparisonProps, names: readonly string[], metric: string): DrawnCurve[] =>
  runs.map(({ trial, points }, i) => ({
    label: runLabel(trial, names, sweeps),
    ...lineLook(i),
    ...curveOf(points, metric),
  }));

function RunTable({ runs, sweeps, names }: ComparisonProps & { readonly names: readonly string[] }) {
  const validated = runs.some(({ trial }) => trial.validationMse !== null);
  return (
    <Table.ScrollContainer minWidth={420 + 90 * names.length}>
      <Table aria-label="Runs" style={{ fontVariantNumeric: 'tabular-nums' }}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Run</Table.Th>
            {names.map((name) => (
              <Table.Th key={name}>{wordsOf(name)}</Table.Th>
            ))}
            <Table.Th>State</Table.Th>
            <Table.Th>Verified score</Table.Th>
            {validated && <Table.Th>Validation MSE</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map(({ trial }, i) => (
            <Table.Tr key={trial.trialId}>
              <Table.Td>
                <Anchor component={Link} href={`/trials/${trial.trialId}`} size="sm">
                  <Line index={i} /> run {i + 1}
                </Anchor>
              </Table.Td>
              {names.map((name) => (
                <Table.Td key={name}>{valueOf(trial, name, sweeps)}</Table.Td>
              ))}
              <Table.Td>{stateWords[trial.state]}</Table.Td>
              <Table.Td>
                {trial.score === null ? '–' : scoreText(metricOfSweep(sweeps.get(trial.sweepId)), trial.score, 6)}
              </Table.Td>
              {validated && <Table.Td>{trial.validationMse?.toFixed(6) ?? '–'}</Table.Td>}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** The look of the run's line in the plot. */
function Line({ index }: { readonly index: number }) {
  const { colour, dash } = lineLook(index);
  return (
    <svg width="28" height="8" aria-hidden>
      <line x1="0" y1="4" x2="28" y2="4" stroke={colour} strokeWidth="3" strokeDasharray={dash.join(' ')} />
    </svg>
  );
}
