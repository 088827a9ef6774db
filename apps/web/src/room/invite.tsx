import { useState } from 'react';
import { Button, Card, Code, Group, Modal, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { Copy } from '../app/copy.tsx';
import { useRoomInfo } from '../app/room-info.ts';
import { QrImage } from './qr-image.tsx';

/** How others join: link and QR code, large for a projector; nothing for those who may not hand it on. */
export function Invite() {
  const links = useRoomInfo()?.links.join ?? [];
  const [chosen, setChosen] = useState(0);
  const [large, setLarge] = useState(false);
  const link = links[chosen] ?? links[0];
  if (link === undefined) return null;
  return (
    <Card withBorder>
      <Group align="start" wrap="nowrap">
        <QrImage text={link} size="9rem" />
        <Stack gap="xs" miw={0} flex={1}>
          <Title order={2} size="h3">
            Join
          </Title>
          <Text size="sm">Open this link in any browser, on a phone too: it trains for this room.</Text>
          {links.length > 1 && (
            <NativeSelect
              aria-label="Address of the link"
              data={links.map((url, i) => ({ value: String(i), label: new URL(url).host }))}
              value={String(chosen)}
              onChange={({ currentTarget }) => {
                setChosen(Number(currentTarget.value));
              }}
            />
          )}
          <Code style={{ overflowWrap: 'anywhere' }}>{link}</Code>
          <Group gap="xs">
            <Copy text={link} label="Copy join link" />
            <Button
              size="xs"
              onClick={() => {
                setLarge(true);
              }}
            >
              Show large
            </Button>
          </Group>
          <OnlyHere link={link} />
        </Stack>
      </Group>
      <Modal
        opened={large}
        onClose={() => {
          setLarge(false);
        }}
        title="Join"
        fullScreen
      >
        <Stack align="center" gap="lg">
          <QrImage text={link} size="min(70vh, 90vw)" />
          <Text ta="center" ff="monospace" fz={{ base: 'md', sm: '1.75rem' }} style={{ overflowWrap: 'anywhere' }}>
            {link}
          </Text>
        </Stack>
      </Modal>
    </Card>
  );
}

function OnlyHere({ link }: { readonly link: string }) {
  const { hostname } = new URL(link);
  if (!['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return null;
  return (
    <Text size="sm" c="dimmed">
      Only browsers on this machine reach this address. Start gradpool with --lan for everybody on the local network.
    </Text>
  );
}
