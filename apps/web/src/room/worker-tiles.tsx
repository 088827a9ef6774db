import { Alert, SimpleGrid, Stack, Title } from '@mantine/core';
import type { WorkerView } from '@gradpool/protocol';
import { useRoom } from '../app/room-context.tsx';
import { useNow } from './last-seen.ts';
import { WorkerTile } from './worker-tile.tsx';

/** How long a worker that left keeps its tile. */
const goneShownMs = 30 * 60_000;

/** Every worker that is here or has just left. */
export function WorkerTiles() {
  const { workers } = useRoom();
  const now = useNow();
  const shown = [...workers.values()]
    .filter(({ connected, lastSeenAt }) => connected || now - lastSeenAt < goneShownMs)
    .sort(byPresence);
  return (
    <Stack component="section" aria-label="Workers">
      <Title order={2} size="h3">
        Workers
      </Title>
      {shown.length === 0 ? (
        <Alert title="Nobody is here yet">Open the join link in a browser, or run gradpool worker on a machine.</Alert>
      ) : (
        <SimpleGrid
          component="ul"
          cols={{ base: 1, xs: 2, md: 3, lg: 4 }}
          spacing="sm"
          p={0}
          m={0}
          style={{ listStyle: 'none' }}
        >
          {shown.map((worker) => (
            <WorkerTile key={worker.workerId} worker={worker} now={now} />
          ))}
        </SimpleGrid>
      )}
    </Stack>
  );
}

/** Connected ones first, trainers before evaluators, then by name, so that tiles keep their place. */
const byPresence = (a: WorkerView, b: WorkerView): number =>
  Number(b.connected) - Number(a.connected) ||
  Number(a.kind === 'evaluate') - Number(b.kind === 'evaluate') ||
  a.name.localeCompare(b.name, 'en', { numeric: true });
