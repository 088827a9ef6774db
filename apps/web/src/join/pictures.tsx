import { useEffect, useRef } from 'react';
import { Box, Stack, Text } from '@mantine/core';
import type { Preview } from '@gradpool/training';
import classes from './join.module.css';

const rows = [
  { key: 'clean', label: 'Original' },
  { key: 'noisy', label: 'What the model sees' },
  { key: 'reconstructed', label: 'What it makes of it' },
] as const;

/** The same few pictures in three rows, each drawn at its own size and enlarged by the browser. */
export function Pictures({ preview }: { readonly preview: Preview | null }) {
  return (
    <Stack gap="xs">
      {rows.map(({ key, label }) => (
        <Box key={key} component="figure" m={0}>
          <Text component="figcaption" size="sm" c="dimmed" mb={4}>
            {label}
          </Text>
          <Row preview={preview} pixels={key} label={`${label}: ${preview?.count ?? 8} pictures`} />
        </Box>
      ))}
    </Stack>
  );
}

interface RowProps {
  readonly preview: Preview | null;
  readonly pixels: (typeof rows)[number]['key'];
  readonly label: string;
}

function Row({ preview, pixels, label }: RowProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = (preview?.width ?? 28) * (preview?.count ?? 8);
  const height = preview?.height ?? 28;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context && preview) context.putImageData(imageOf(preview, preview[pixels]), 0, 0);
  }, [preview, pixels]);
  return (
    <canvas ref={canvas} width={width} height={height} role="img" aria-label={label} className={classes['pictures']} />
  );
}

/** Pictures side by side; one channel is grey, three are red, green and blue. */
function imageOf({ count, height, width, channels }: Preview, pixels: Uint8Array): ImageData {
  const image = new ImageData(width * count, height);
  for (let picture = 0; picture < count; picture += 1) {
    for (let i = 0; i < width * height; i += 1) {
      const from = (picture * width * height + i) * channels;
      const to = 4 * (Math.floor(i / width) * width * count + picture * width + (i % width));
      for (let c = 0; c < 3; c += 1) image.data[to + c] = pixels[from + Math.min(c, channels - 1)]!;
      image.data[to + 3] = 255;
    }
  }
  return image;
}
