import { Card, SimpleGrid, Text } from '@mantine/core';
import { countText, durationText, percentText } from '../app/figures.ts';
import { useRoom } from '../app/room-context.tsx';
import { roomFigures } from './room-figures.ts';

/** The room in five figures. */
export function FiguresBar() {
  const { workers, sweeps, stats } = useRoom();
  const { trainingShare, leftMs, ...figures } = roomFigures(workers.values(), sweeps.values(), stats);
  const shown = [
    ['workers', countText(figures.workers)],
    ['images/s in all', countText(figures.imagesPerSecond)],
    ['time spent training', trainingShare === null ? '–' : percentText(trainingShare)],
    ['trials waiting', countText(figures.queue)],
    ['time left', leftMs === null ? 'unknown' : leftMs === 0 ? 'none' : `about ${durationText(leftMs)}`],
  ] as const;
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, md: 5 }} spacing="sm">
      {shown.map(([name, value]) => (
        <Card key={name} withBorder padding="sm">
          <Text size="sm" c="dimmed">
            {name}
          </Text>
          <Text size="xl" fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
            {value}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  );
}
