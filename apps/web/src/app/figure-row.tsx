import { Group, Text } from '@mantine/core';

export type NamedFigure = readonly [name: string, value: string];

/** Figures beside each other, each under its name. `size`: of the values. */
export function FigureRow({ figures, size }: { readonly figures: readonly NamedFigure[]; readonly size: 'lg' | 'xl' }) {
  return (
    <Group gap="xl">
      {figures.map(([name, value]) => (
        <div key={name}>
          <Text size="sm" c="dimmed">
            {name}
          </Text>
          <Text size={size} fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
            {value}
          </Text>
        </div>
      ))}
    </Group>
  );
}
