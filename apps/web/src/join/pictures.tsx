import { Box, Stack, Text } from '@mantine/core';
import type { Preview } from '@gradpool/training';
import { PictureGrid } from '../app/picture-grid.tsx';

const rows = [
  { key: 'clean', label: 'Original' },
  { key: 'noisy', label: 'What the model sees' },
  { key: 'reconstructed', label: 'What it makes of it' },
  { key: 'difference', label: 'The difference: red where it is too bright, blue where it is too dark' },
  { key: 'drawn', label: 'Drawn from the prior: pictures of its own' },
] as const;

/** `difference`: of the reconstructions from the originals, in red, green and blue. `drawn`: as many that a variational model makes of draws from its prior. */
type ShownPictures = Preview & { readonly difference?: Uint8Array; readonly drawn?: Uint8Array };

/** The same few pictures in rows, each drawn at its own size and enlarged by the browser. */
export function Pictures({ preview }: { readonly preview: ShownPictures | null }) {
  return (
    <Stack gap="xs">
      {rows
        .filter(({ key }) => (key !== 'drawn' && key !== 'difference') || preview?.[key] !== undefined)
        .map(({ key, label }) => (
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
  readonly preview: ShownPictures | null;
  readonly pixels: (typeof rows)[number]['key'];
  readonly label: string;
}

function Row({ preview, pixels, label }: RowProps) {
  const count = preview?.count ?? 8;
  const { height, width, channels: own } = preview ?? { height: 28, width: 28, channels: 1 };
  const channels = pixels === 'difference' ? 3 : own;
  return (
    <PictureGrid
      pixels={preview?.[pixels] ?? null}
      columns={count}
      rows={1}
      image={{ height, width, channels }}
      label={label}
    />
  );
}
