import { Alert, Anchor, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { metricOf, metricOfSpec, scoreText } from '@gradpool/experiment';
import { trialsAnswer, type SweepView, type TrialView } from '@gradpool/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'wouter';
import { getJson } from '../app/api.ts';
import { metricOfSweep } from '../app/figures.ts';
import { labelOf, sweptNames } from '../app/parameters.ts';
import { Pause } from '../app/pause.tsx';
import { useRoom } from '../app/room-context.tsx';
import { Trouble } from '../app/trouble.tsx';
import { findSweep } from '../leaderboard/sweep-address.ts';
import { bestAndWorst } from './best-and-worst.ts';
import { ComputedMaps } from './code-maps.tsx';
import { OpenedModel } from './opened-model.tsx';
import { StoredMaps } from './stored-maps.tsx';

/** The maps of a sweep's best and worst run, side by side. */
export default function BestAndWorstPage() {
  const { sweep: asked } = useParams<{ sweep: string }>();
  const { sweeps } = useRoom();
  const sweep = findSweep([...sweeps.values()], asked);
  if (!sweep) return <Pause />;
  return (
    <Stack>
      <div>
        <Anchor component={Link} href={`/leaderboard/${asked}`} size="sm">
          ← {sweep.name}
        </Anchor>
        <Title order={1} size="h2">
          Codes of the best and the worst run
        </Title>
      </div>
      <Pair sweep={sweep} />
    </Stack>
  );
}

function Pair({ sweep }: { readonly sweep: SweepView }) {
  const trials = useQuery({
    queryKey: ['trials', sweep.sweepId, 'best and worst'],
    queryFn: ({ signal }) => getJson(`/api/sweeps/${sweep.sweepId}/trials`, trialsAnswer, signal),
    select: (answer) => bestAndWorst(answer.trials, metricOfSpec(sweep.spec).goal),
  });
  if (trials.isPending) return <Pause />;
  if (trials.isError) return <Trouble error={trials.error} onRetry={() => void trials.refetch()} />;
  if (trials.data === null) {
    return (
      <Alert title="Two verified runs are needed">
        Come back when the evaluator has recomputed the test error of two runs of this sweep.
      </Alert>
    );
  }
  const { best, worst } = trials.data;
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Run sweep={sweep} trial={best} title="Best" />
      <Run sweep={sweep} trial={worst} title="Worst" />
    </SimpleGrid>
  );
}

interface RunProps {
  readonly sweep: SweepView;
  readonly trial: TrialView;
  readonly title: string;
}

const Run = ({ sweep, trial, title }: RunProps) => (
  <Stack gap="xs">
    <Title order={2} size="h3">
      {title}:{' '}
      <Anchor component={Link} href={`/trials/${trial.trialId}/latent`} inherit>
        {labelOf(trial.parameters, sweptNames(sweep))}, seed {trial.seed}
      </Anchor>
    </Title>
    <Text>
      {metricOf(metricOfSweep(sweep)).label} {trial.score === null ? '–' : scoreText(metricOfSweep(sweep), trial.score)}
    </Text>
    {trial.embedding ? (
      <StoredMaps embedding={trial.embedding} sweep={sweep} />
    ) : (
      <OpenedModel trial={trial} sweep={sweep}>
        {({ coded }, embedding) => <ComputedMaps coded={coded} embedding={embedding} />}
      </OpenedModel>
    )}
  </Stack>
);
