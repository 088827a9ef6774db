import { useMemo, useState } from 'react';
import { Card, Stack, Text, Title } from '@mantine/core';
import { PictureGrid } from '../app/picture-grid.tsx';
import { codeOf, codesBetween } from './code-spread.ts';
import type { LatentModel } from './latent-model.ts';
import { PictureChoice } from './picture-choice.tsx';
import { useDecoded } from './use-latent-model.ts';

const steps = 11;

/** The way from one test picture to another, straight through the codes. */
export function Interpolation({ model }: { readonly model: LatentModel }) {
  const { coded } = model;
  const [from, setFrom] = useState(0);
  const [to, setTo] = useState(1);
  const codes = useMemo(() => codesBetween(codeOf(coded, from), codeOf(coded, to), steps), [coded, from, to]);
  const pictures = useDecoded(model, codes);
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        From one picture to another
      </Title>
      <Stack gap="sm" maw={820}>
        <PictureChoice coded={coded} label="From" chosen={from} onChoose={setFrom} />
        <PictureChoice coded={coded} label="To" chosen={to} onChoose={setTo} />
        <PictureGrid
          pixels={pictures}
          columns={steps}
          rows={1}
          image={coded.image}
          label={`${steps} decoded pictures, from class ${coded.labels[from]} to class ${coded.labels[to]}`}
        />
        <Text size="sm" c="dimmed">
          Decoded from codes evenly spaced between those of the two pictures.
        </Text>
      </Stack>
    </Card>
  );
}
