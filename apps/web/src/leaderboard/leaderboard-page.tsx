import { Alert, Button, Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { Link, useLocation, useParams } from 'wouter';
import { Pause } from '../app/pause.tsx';
import { useRoom } from '../app/room-context.tsx';
import { Board } from './board.tsx';
import { addressOf, findSweep } from './sweep-address.ts';

export default function LeaderboardPage() {
  const { sweep: asked } = useParams<{ sweep?: string }>();
  const { sweeps, connection } = useRoom();
  const [, navigate] = useLocation();
  const all = [...sweeps.values()];
  const sweep = findSweep(all, asked);
  if (sweep) {
    return (
      <Stack>
        <Group justify="space-between" align="end">
          <Title order={1} size="h2">
            Leaderboard
          </Title>
          <NativeSelect
            label="Sweep"
            value={sweep.sweepId}
            data={all.toReversed().map(({ sweepId, name, state }) => ({ value: sweepId, label: `${name} (${state})` }))}
            onChange={({ currentTarget }) => {
              const chosen = sweeps.get(currentTarget.value);
              if (chosen) navigate(`/leaderboard/${addressOf(all, chosen)}`);
            }}
          />
        </Group>
        <Board key={sweep.sweepId} sweep={sweep} address={addressOf(all, sweep)} />
      </Stack>
    );
  }
  if (connection.state === 'connecting') return <Pause />;
  return <NoSweep asked={asked} />;
}

function NoSweep({ asked }: { readonly asked: string | undefined }) {
  const title = asked === undefined ? 'No sweep yet' : `There is no sweep called “${asked}”`;
  return (
    <Stack>
      <Title order={1} size="h2">
        Leaderboard
      </Title>
      <Alert title={title} color="blue">
        <Text mb="sm">A sweep says which settings to train; its results are ranked here as they are verified.</Text>
        <Group>
          <Button component={Link} href="/new" size="xs">
            New sweep
          </Button>
          {asked !== undefined && (
            <Button component={Link} href="/leaderboard" size="xs" variant="default">
              Newest sweep
            </Button>
          )}
        </Group>
      </Alert>
    </Stack>
  );
}
