import type { ReactNode } from 'react';
import { Alert, Anchor, Box, Container, Group, Text } from '@mantine/core';
import { Link, useLocation } from 'wouter';
import type { Connection } from './live-room.ts';
import { useRoom } from './room-context.tsx';

const pages = [
  { href: '/', label: 'Room' },
  { href: '/leaderboard', label: 'Leaderboard' },
  { href: '/new', label: 'New sweep' },
] as const;

/** Header with the pages, and the state of the connection where it is not live. */
export function Layout({ children }: { readonly children: ReactNode }) {
  const [pathname] = useLocation();
  const { connection } = useRoom();
  return (
    <>
      <Box component="header" py="sm" style={{ borderBottom: '1px solid var(--mantine-color-default-border)' }}>
        <Container size="xl">
          <Group gap="lg">
            <Text fw={700}>gradpool</Text>
            <Group component="nav" aria-label="Pages" gap="md">
              {pages.map(({ href, label }) => (
                <Anchor
                  key={href}
                  component={Link}
                  href={href}
                  aria-current={isAt(pathname, href) ? 'page' : undefined}
                  fw={isAt(pathname, href) ? 600 : 400}
                >
                  {label}
                </Anchor>
              ))}
            </Group>
          </Group>
        </Container>
      </Box>
      <Container size="xl" py="md" component="main">
        <ConnectionNotice connection={connection} />
        {children}
      </Container>
    </>
  );
}

function ConnectionNotice({ connection }: { readonly connection: Connection }) {
  if (connection.state === 'lost') {
    return (
      <Alert color="orange" mb="md" role="status" title="The coordinator does not answer">
        What you see is what was last known. This page tries again by itself.
      </Alert>
    );
  }
  if (connection.state === 'refused') {
    return (
      <Alert color="red" mb="md" role="alert" title={`The coordinator refused (${connection.code})`}>
        {refusals[connection.code] ?? 'Open the room by its link again.'}
      </Alert>
    );
  }
  return null;
}

const refusals: Readonly<Record<string, string>> = {
  E_TOKEN: 'The token of this link is wrong or no longer valid. Ask for the link again.',
  E_ROLE: 'The token of this link may not look at this room. Ask for another link.',
  E_VERSION: 'The coordinator speaks another version now. Reload this page.',
};

const isAt = (pathname: string, href: string): boolean => (href === '/' ? pathname === '/' : pathname.startsWith(href));
