import { useEffect, useMemo, useRef, useState, type PointerEvent } from 'react';
import { Box, Button, Card, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { imageSize } from '@gradpool/experiment';
import { PictureGrid } from '../app/picture-grid.tsx';
import type { LatentModel } from './latent-model.ts';
import type { CodedPictures, PlacedCodes } from './messages.ts';
import { classColour, fittedPlaces, nearestPlace } from './scatter.ts';

const side = 640;
const margin = 8;
const reach = 10;

/** The codes of real pictures in the plane, coloured by class: t-SNE, computed here when somebody wants it. */
export function CodePlaces({ model }: { readonly model: LatentModel }) {
  const [placed, setPlaced] = useState<PlacedCodes | null>(null);
  const [asked, setAsked] = useState(false);
  const start = (): void => {
    setAsked(true);
    model.place(setPlaced);
  };
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        Map of the codes
      </Title>
      {!asked && <Button onClick={start}>Draw {model.coded.count.toLocaleString('en')} codes as a map (t-SNE)</Button>}
      {asked && placed === null && <Text>Looking for each code’s neighbours …</Text>}
      {placed && <PlacedMap placed={placed} coded={model.coded} />}
    </Card>
  );
}

function PlacedMap({ placed, coded }: { readonly placed: PlacedCodes; readonly coded: CodedPictures }) {
  const [shown, setShown] = useState<number | null>(null);
  const fitted = useMemo(() => fittedPlaces(placed.places, side, margin), [placed.places]);
  const pixels = imageSize(coded.image);
  const point = (event: PointerEvent<HTMLCanvasElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const scale = side / box.width;
    setShown(nearestPlace(fitted, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale, reach));
  };
  return (
    <Stack gap="xs">
      <Group align="flex-start" wrap="wrap">
        <Scatter fitted={fitted} labels={coded.labels} onPoint={point} />
        <Stack gap="xs" miw={120}>
          <ClassNames classes={coded.classes} />
          {shown !== null && (
            <Box w={112}>
              <PictureGrid
                pixels={coded.pictures.subarray(shown * pixels, (shown + 1) * pixels)}
                columns={1}
                rows={1}
                image={coded.image}
                label={`Test picture ${shown + 1}`}
              />
              <Text size="sm">
                picture {shown + 1}, class {coded.labels[shown]}
              </Text>
            </Box>
          )}
        </Stack>
      </Group>
      {placed.step < placed.steps && (
        <Progress value={(100 * placed.step) / placed.steps} aria-label="Steps of the map" />
      )}
      <Text size="sm" c="dimmed">
        Pictures whose codes are near each other lie near each other; the distance between islands means little. As they
        are, {(100 * placed.neighbourAccuracy).toFixed(1)} % of the codes have the class of most of their 10 nearest
        others, and the mean silhouette of the classes is {placed.silhouette.toFixed(3)} (1: far apart, 0: on top of
        each other).
      </Text>
    </Stack>
  );
}

interface ScatterProps {
  readonly fitted: Float32Array;
  readonly labels: Uint8Array;
  readonly onPoint: (event: PointerEvent<HTMLCanvasElement>) => void;
}

function Scatter({ fitted, labels, onPoint }: ScatterProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, side, side);
    labels.forEach((label, i) => {
      context.fillStyle = classColour(label);
      context.beginPath();
      context.arc(fitted[2 * i]!, fitted[2 * i + 1]!, 3, 0, 2 * Math.PI);
      context.fill();
    });
  }, [fitted, labels]);
  return (
    <canvas
      ref={canvas}
      width={side}
      height={side}
      style={{ width: '100%', maxWidth: side }}
      role="img"
      aria-label={`${labels.length} codes in the plane, coloured by class`}
      onPointerMove={onPoint}
    />
  );
}

const ClassNames = ({ classes }: { readonly classes: number }) => (
  <Group gap="xs" maw={120}>
    {Array.from({ length: classes }, (_, label) => (
      <Text key={label} size="sm" fw={700} c={classColour(label)}>
        {label}
      </Text>
    ))}
  </Group>
);
