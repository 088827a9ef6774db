import { Alert, Card, Group, Stack, Text, Title } from '@mantine/core';
import { cellCount, type SweepSpec } from '@gradpool/experiment';
import { dryRunAnswer } from '@gradpool/protocol';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { postJson } from '../app/api.ts';
import { countText, durationText } from '../app/figures.ts';
import { useRoom } from '../app/room-context.tsx';
import { useMay } from '../app/room-info.ts';
import { Trouble } from '../app/trouble.tsx';

const askAfterMs = 400;

/** Cells x seeds, the workers that are here, and how long they would take. */
export function Estimate({ sweep, text }: { readonly sweep: SweepSpec; readonly text: string }) {
  const { workers } = useRoom();
  const trainers = [...workers.values()].filter(({ kind, connected }) => kind === 'train' && connected).length;
  const [settled] = useDebouncedValue(text, askAfterMs);
  const mayAdmin = useMay('admin');
  const dryRun = useQuery({
    queryKey: ['dry run', settled, trainers],
    queryFn: () => postJson('/api/sweeps?dryRun=true', { yaml: settled }, dryRunAnswer),
    enabled: mayAdmin && settled === text,
    gcTime: 0,
  });
  const cells = cellCount(sweep);
  const seeds = sweep.seeds.count;
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        What it asks for
      </Title>
      <Stack gap="xs">
        <Group gap="xl">
          <Figure name="cells × seeds" value={`${countText(cells)} × ${countText(seeds)}`} />
          <Figure name="trials" value={countText(cells * seeds)} />
          <Figure name="workers now" value={countText(trainers)} />
          {dryRun.isSuccess && <Figure name="estimate" value={estimateText(dryRun.data.estimateMs)} />}
        </Group>
        {dryRun.isError && <Trouble error={dryRun.error} />}
        {trainers === 0 && (
          <Alert color="blue">
            Nobody is here to train it yet. It waits until workers join, and they may join at any time.
          </Alert>
        )}
      </Stack>
    </Card>
  );
}

const estimateText = (ms: number | null): string => (ms === null ? 'unknown' : `about ${durationText(ms)}`);

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text size="xl" fw={600}>
        {value}
      </Text>
    </div>
  );
}
