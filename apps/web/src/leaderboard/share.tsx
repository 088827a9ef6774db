import { useState } from 'react';
import { Button, Group } from '@mantine/core';
import { Copy } from '../app/copy.tsx';
import { useRoomInfo } from '../app/room-info.ts';
import { saveBytes } from '../app/save-bytes.ts';
import { Trouble } from '../app/trouble.tsx';
import { sharedLink } from './shared-link.ts';

/** The link of this view, and the sweep's figures as files. */
export function Share({ sweep, path }: { readonly sweep: string; readonly path: string }) {
  const [error, setError] = useState<unknown>(null);
  const room = useRoomInfo();
  const download = (format: 'csv' | 'json') => {
    setError(null);
    saveBytes(`/api/sweeps/${encodeURIComponent(sweep)}/export?format=${format}`, `${sweep}.${format}`).catch(setError);
  };
  return (
    <>
      <Group gap="xs">
        <Copy text={sharedLink(path, window.location.origin, room?.links.viewer[0])} label="Copy link" />
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            download('csv');
          }}
        >
          CSV
        </Button>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            download('json');
          }}
        >
          JSON
        </Button>
      </Group>
      {error !== null && <Trouble error={error} />}
    </>
  );
}
