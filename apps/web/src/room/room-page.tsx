import { Alert, Anchor, Button, Grid, Group, Stack, Text, Title } from '@mantine/core';
import type { SweepView } from '@gradpool/protocol';
import { Link } from 'wouter';
import { Pause } from '../app/pause.tsx';
import { useRoom } from '../app/room-context.tsx';
import { useMay, useRoomInfo } from '../app/room-info.ts';
import { addressOf } from '../leaderboard/sweep-address.ts';
import { FiguresBar } from './figures-bar.tsx';
import { Invite } from './invite.tsx';
import { EndLesson, LessonOver } from './lesson.tsx';
import { SweepCard } from './sweep-card.tsx';
import { SweepGrid } from './sweep-grid.tsx';
import { WorkerTiles } from './worker-tiles.tsx';

const shownSweepsMax = 6;

/** The room at a glance, for a teacher's screen or a projector. */
export default function RoomPage() {
  const { connection, sweeps } = useRoom();
  const name = useRoomInfo()?.roomName;
  if (connection.state === 'connecting') return <Pause />;
  const all = [...sweeps.values()];
  const shown = byInterest(all).slice(0, shownSweepsMax);
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {name === undefined ? 'Room' : `Room ${name}`}
        </Title>
        <EndLesson />
      </Group>
      <LessonOver />
      <FiguresBar />
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Sweeps all={all} shown={shown} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Invite />
        </Grid.Col>
      </Grid>
      <WorkerTiles />
    </Stack>
  );
}

/** Those that run before those that pause before those that are over, newest first. */
function byInterest(all: readonly SweepView[]): SweepView[] {
  const order = ['running', 'paused', 'complete', 'cancelled'];
  return all.toReversed().sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

function Sweeps({ all, shown }: { readonly all: readonly SweepView[]; readonly shown: readonly SweepView[] }) {
  return (
    <Stack component="section" aria-label="Sweeps">
      <Title order={2} size="h3">
        Sweeps
      </Title>
      {shown.length === 0 && <NoSweep />}
      {shown.map((sweep) => {
        const address = addressOf(all, sweep);
        return (
          <SweepCard key={sweep.sweepId} sweep={sweep} address={address}>
            {sweep === shown[0] && <SweepGrid sweep={sweep} address={address} />}
          </SweepCard>
        );
      })}
      {all.length > shown.length && (
        <Anchor component={Link} href="/leaderboard" size="sm">
          All {all.length} sweeps
        </Anchor>
      )}
    </Stack>
  );
}

function NoSweep() {
  const mayAdmin = useMay('admin');
  return (
    <Alert title="Nothing to train yet">
      <Group>
        <Text size="sm">A sweep says which settings to train. Workers can join now; they wait for one.</Text>
        {mayAdmin && (
          <Button component={Link} href="/new" size="xs">
            New sweep
          </Button>
        )}
      </Group>
    </Alert>
  );
}
