import { useMemo } from 'react';
import { Box, Card, Text, Title } from '@mantine/core';
import { PictureGrid } from '../app/picture-grid.tsx';
import { codesOfPlane, shownDeviations, spreadOfUnits } from './code-spread.ts';
import type { LatentModel } from './latent-model.ts';
import { useDecoded } from './use-latent-model.ts';

const side = 17;

/** What the decoder makes of every place of a two-number code. */
export function DecodedPlane({ model }: { readonly model: LatentModel }) {
  const { coded } = model;
  const codes = useMemo(() => {
    const [across, down] = spreadOfUnits(coded);
    return across && down ? codesOfPlane([across, down], side) : new Float32Array();
  }, [coded]);
  const pictures = useDecoded(model, codes);
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        The whole plane
      </Title>
      <Box maw={680}>
        <PictureGrid
          pixels={pictures}
          columns={side}
          rows={side}
          image={coded.image}
          label={`${side} by ${side} pictures decoded from places of the plane`}
        />
      </Box>
      <Text size="sm" c="dimmed" mt="xs">
        Decoded from a grid of codes: the first number grows to the right, the second upwards, each within{' '}
        {shownDeviations} standard deviations of the codes of real test pictures.
      </Text>
    </Card>
  );
}
