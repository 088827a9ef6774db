import { Anchor, Badge, Button, Card, Grid, Group, Stack, Text, Title } from '@mantine/core';
import { reconstructs, trialKind } from '@gradpool/experiment';
import type { SweepView, TrialView } from '@gradpool/protocol';
import { Link, useParams } from 'wouter';
import { CodesOfRun } from '../latent/stored-maps.tsx';
import { labelOf, sweptNames } from '../app/parameters.ts';
import { Pause } from '../app/pause.tsx';
import { useRoom } from '../app/room-context.tsx';
import { stateWords } from '../app/trial-states.ts';
import { Trouble } from '../app/trouble.tsx';
import { metricOfSweep } from '../app/figures.ts';
import { CurvesCard } from './curves-card.tsx';
import { Details } from './details.tsx';
import { Progress } from './progress.tsx';
import { Provenance } from './provenance.tsx';
import { Reconstructions } from './reconstructions.tsx';
import { Repeat } from './repeat.tsx';
import { Rungs } from './rungs.tsx';
import { Segments } from './segments.tsx';
import { Settings } from './settings.tsx';
import { useTrial, useTrialPoints } from './trial-data.ts';
import { stateText } from './trial-text.ts';

export default function RunPage() {
  const { trial: trialId } = useParams<{ trial: string }>();
  const trial = useTrial(trialId);
  const points = useTrialPoints(trialId);
  const { sweeps } = useRoom();
  if (trial.isPending) return <Pause />;
  if (trial.isError) {
    return (
      <>
        <Title order={1} size="h2">
          Run
        </Title>
        <Trouble error={trial.error} onRetry={() => void trial.refetch()} />
      </>
    );
  }
  const sweep = sweeps.get(trial.data.sweepId);
  return (
    <Stack>
      <Head trial={trial.data} sweep={sweep} />
      <Card withBorder>
        {points.isError ? (
          <Trouble error={points.error} onRetry={() => void points.refetch()} />
        ) : (
          <CurvesCard points={points.data ?? []} />
        )}
      </Card>
      {trial.data.details && <Details artifact={trial.data.details} dataset={sweep?.dataset} />}
      {reconstructs(trialKind(trial.data.parameters)) && (
        <Reconstructions trialId={trialId} over={trial.data.finishedAt !== null} />
      )}
      <CodesOfRun trial={trial.data} sweep={sweep} />
      {trial.data.weights && trial.data.parameters['task'] !== 'classify' && <LatentLink trialId={trialId} />}
      <Grid>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Settings trial={trial.data} sweep={sweep} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Provenance trial={trial.data} sweep={sweep} />
        </Grid.Col>
      </Grid>
      {trial.data.placement === 'alone' ? <Segments trial={trial.data} /> : null}
      {sweep && <Repeat sweep={sweep} trial={trial.data} />}
    </Stack>
  );
}

const LatentLink = ({ trialId }: { readonly trialId: string }) => (
  <Group>
    <Button component={Link} href={`/trials/${trialId}/latent`} variant="light">
      Explore the latent space
    </Button>
  </Group>
);

const stateColours = { complete: 'teal', failed: 'red', running: 'blue', verifying: 'blue' } as const;

function Head({ trial, sweep }: { readonly trial: TrialView; readonly sweep: SweepView | undefined }) {
  const names = sweep ? sweptNames(sweep) : Object.keys(trial.parameters);
  const label = [labelOf(trial.parameters, names), `seed ${trial.seed}`].filter((part) => part !== '').join(', ');
  const colour = trial.state in stateColours ? stateColours[trial.state as keyof typeof stateColours] : 'gray';
  const pooled = sweep?.pooledRuns.find(({ trialId }) => trialId === trial.trialId);
  return (
    <Stack gap="xs">
      {sweep && (
        <Anchor component={Link} href={`/leaderboard/${sweep.sweepId}`} size="sm">
          ← {sweep.name}
        </Anchor>
      )}
      <Group>
        <Title order={1} size="h2">
          {label}
        </Title>
        <Badge color={colour} variant="light" size="lg">
          {trial.state === 'complete' ? '✓ verified' : stateWords[trial.state]}
        </Badge>
      </Group>
      <Text>{pooled ? 'Many workers train it together, round by round.' : stateText(trial, metricOfSweep(sweep))}</Text>
      <Progress trial={trial} metric={metricOfSweep(sweep)} pooled={pooled} />
      <Rungs trial={trial} sweep={sweep} />
    </Stack>
  );
}
