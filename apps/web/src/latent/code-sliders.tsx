import { useMemo, useState } from 'react';
import { Box, Button, Card, Group, Input, SimpleGrid, Slider, Stack, Text, Title } from '@mantine/core';
import { PictureGrid } from '../app/picture-grid.tsx';
import { codeOf, shownDeviations, spreadOfUnits, type UnitSpread } from './code-spread.ts';
import type { LatentModel } from './latent-model.ts';
import { PictureChoice } from './picture-choice.tsx';
import { useDecoded } from './use-latent-model.ts';

/** Sliders that a person can still keep apart. */
const slidersMax = 32;

/** Each number of the code by hand, and the picture that the decoder makes of it. */
export function CodeSliders({ model }: { readonly model: LatentModel }) {
  const { coded } = model;
  const spread = useMemo(() => spreadOfUnits(coded), [coded]);
  const shown = useMemo(
    () =>
      [...spread]
        .sort((a, b) => b.sd - a.sd)
        .slice(0, slidersMax)
        .sort((a, b) => a.unit - b.unit),
    [spread],
  );
  const [start, setStart] = useState<number | null>(0);
  const [code, setCode] = useState(() => codeOf(coded, 0));
  const decoded = useDecoded(model, code);
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        Turn the code by hand
      </Title>
      <Stack>
        <Group align="end">
          <PictureChoice
            coded={coded}
            label="Start from a test picture"
            chosen={start}
            onChoose={(picture) => {
              setStart(picture);
              setCode(codeOf(coded, picture));
            }}
          />
          <Button
            variant="default"
            size="xs"
            onClick={() => {
              setStart(null);
              setCode(Float32Array.from(spread, ({ mean }) => mean));
            }}
          >
            The mean code
          </Button>
        </Group>
        <Group align="start" wrap="wrap" gap="xl">
          <Box w={180}>
            <PictureGrid pixels={decoded} columns={1} rows={1} image={coded.image} label="The decoded picture" />
          </Box>
          <SimpleGrid flex={1} miw={260} cols={{ base: 1, sm: 2, lg: 4 }} spacing="md" verticalSpacing={6}>
            {shown.map((unit) => (
              <UnitSlider
                key={unit.unit}
                spread={unit}
                value={code[unit.unit]!}
                onChange={(value) => {
                  setStart(null);
                  setCode(code.with(unit.unit, value));
                }}
              />
            ))}
          </SimpleGrid>
        </Group>
        <Text size="sm" c="dimmed">
          {shown.length < coded.codeSize && `The ${shown.length} of ${coded.codeSize} numbers that vary most. `}
          Each slider spans {shownDeviations} standard deviations around the mean of real codes, and further where the
          code itself lies further out.
        </Text>
      </Stack>
    </Card>
  );
}

interface UnitSliderProps {
  readonly spread: UnitSpread;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

function UnitSlider({ spread: { unit, mean, sd }, value, onChange }: UnitSliderProps) {
  const name = `Number ${unit + 1}`;
  const reach = Math.max(sd * shownDeviations, Math.abs(value - mean));
  return (
    <Input.Wrapper label={`${name}: ${value.toFixed(2)}`} labelElement="div" size="xs">
      <Slider
        size="sm"
        min={mean - reach}
        max={mean + reach}
        step={reach / 50 || 1}
        value={value}
        onChange={onChange}
        label={null}
        thumbLabel={name}
      />
    </Input.Wrapper>
  );
}
