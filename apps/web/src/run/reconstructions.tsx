import { useMemo, useState } from 'react';
import { Card, Group, Slider, Stack, Text, Title } from '@mantine/core';
import { differenceColours } from '@gradpool/experiment';
import type { ReconstructionsAnswer } from '@gradpool/protocol';
import { Pause } from '../app/pause.tsx';
import { Trouble } from '../app/trouble.tsx';
import { Pictures } from '../join/pictures.tsx';
import { bytesOfBase64, usePictureBytes, useReconstructions } from './reconstruction-data.ts';

/** What the model makes of the same test pictures, epoch by epoch. `over`: no more will come. */
export function Reconstructions({ trialId, over }: { readonly trialId: string; readonly over: boolean }) {
  const kept = useReconstructions(trialId);
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        Reconstructions
      </Title>
      {kept.isPending && <Pause />}
      {kept.isError && <Trouble error={kept.error} onRetry={() => void kept.refetch()} />}
      {kept.data?.epochs.length === 0 && (
        <Text>{over ? 'No pictures of it were kept.' : 'The pictures sharpen here, from the first epoch on.'}</Text>
      )}
      {kept.data && kept.data.epochs.length > 0 && <Scrubber kept={kept.data} />}
    </Card>
  );
}

function Scrubber({ kept }: { readonly kept: ReconstructionsAnswer }) {
  const { epochs, images, image, inputs } = kept;
  // Null follows the newest epoch.
  const [chosen, setChosen] = useState<number | null>(null);
  const last = epochs.length - 1;
  const index = Math.min(chosen ?? last, last);
  const shown = epochs[index];
  const bytes = usePictureBytes(shown);
  const preview = useMemo(() => {
    const clean = bytesOfBase64(inputs.clean);
    const blank = new Uint8Array(clean.length);
    const noisy = bytesOfBase64(inputs.noisy);
    const made = bytes.data ?? blank;
    const [reconstructed, drawn] = [made.subarray(0, clean.length), made.subarray(clean.length)];
    const difference = bytes.data && differenceColours(reconstructed, clean, image.channels);
    return {
      ...{ count: images, ...image, clean, noisy, reconstructed },
      ...(difference && { difference }),
      ...(drawn.length > 0 && { drawn }),
    };
  }, [images, image, inputs, bytes.data]);
  if (shown === undefined)
    return <Text>No epoch is finished yet. The pictures sharpen here from the first one on.</Text>;
  return (
    <Stack gap="sm" maw={720}>
      <Pictures preview={preview} />
      {bytes.isError && <Trouble error={bytes.error} onRetry={() => void bytes.refetch()} />}
      <Group wrap="nowrap" gap="md" mb="lg">
        <Text size="sm" miw="6rem" style={{ fontVariantNumeric: 'tabular-nums' }}>
          epoch {shown.epoch}
        </Text>
        {last > 0 && (
          <Slider
            flex={1}
            min={0}
            max={last}
            value={index}
            onChange={(moved) => {
              setChosen(moved === last ? null : moved);
            }}
            label={(position) => `epoch ${epochs[position]?.epoch ?? ''}`}
            thumbLabel="Epoch"
            marks={[
              { value: 0, label: epochs[0]?.epoch },
              { value: last, label: epochs[last]?.epoch },
            ]}
          />
        )}
      </Group>
      <Text size="sm" c="dimmed">
        The first {images} test pictures {kept.noise === 0 ? 'without noise' : `under noise ${kept.noise}`}. The
        pictures are the worker’s word; no figure depends on them.
      </Text>
    </Stack>
  );
}
