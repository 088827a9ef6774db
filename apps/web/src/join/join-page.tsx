import { useEffect, useState, useSyncExternalStore } from 'react';
import { Alert, Button, Card, Container, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Controls } from './controls.tsx';
import { deviceMemory } from './device-memory.ts';
import { deviceOf, engineCount } from './engine-count.ts';
import { faultText } from './faults.ts';
import { JoinSession } from './join-session.ts';
import type { JoinState } from './join-state.ts';
import { LossCurve } from './loss-curve.tsx';
import { NicknameField } from './nickname-field.tsx';
import { Pictures } from './pictures.tsx';
import { claimTabNumber } from './tab-number.ts';
import { TaskCard } from './task-card.tsx';
import { useUpgrade } from './use-upgrade.ts';

/** The page behind the link on the board: this tab becomes a worker. */
export default function JoinPage({ token }: { readonly token: string }) {
  const [session, setSession] = useState<JoinSession | null>(null);
  useEffect(() => {
    const asked = new URLSearchParams(window.location.search);
    const opened = new JoinSession({
      token,
      url: window.location.origin,
      codeVersion: __GRADPOOL_VERSION__,
      memory: deviceMemory(() => window.localStorage),
      backend: asked.get('backend'),
      engines: engineCount(deviceOf(window.navigator), asked.get('engines')),
      claimTab: claimTabNumber,
      openWorker: () => new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module' }),
    });
    setSession(opened);
    // Best effort: a page that goes may still hand its work back; whatever does not arrive expires by itself.
    const leave = (): void => {
      opened.leave();
    };
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('pagehide', leave);
      opened.close();
    };
  }, [token]);
  return (
    <Container size="md" py="md" component="main">
      {session ? <Joined session={session} /> : <Skeleton h={120} />}
    </Container>
  );
}

function Joined({ session }: { readonly session: JoinSession }) {
  const state = useSyncExternalStore(session.subscribe, session.snapshot);
  const over = state.stage.at === 'left' || state.stage.at === 'stopped';
  return (
    <Stack>
      <NicknameField
        name={state.name}
        onRename={(name) => {
          session.rename(name);
        }}
      />
      {over ? <Over state={state} session={session} /> : <Working state={state} session={session} />}
    </Stack>
  );
}

interface PartProps {
  readonly state: JoinState;
  readonly session: JoinSession;
}

function Over({ state: { stage, finished }, session }: PartProps) {
  const fault = stage.at === 'stopped' ? faultText(stage.failure) : null;
  return (
    <Alert role="alert" color={fault ? 'red' : 'blue'} title={fault?.title ?? 'You have left the room'}>
      <Stack align="start">
        <Text>
          {fault?.text ?? `Thank you. This tab finished ${finished} trainings; what was under way goes on elsewhere.`}
        </Text>
        {(fault?.again ?? true) && (
          <Button
            onClick={() => {
              session.again();
            }}
          >
            Join again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

function Working({ state, session }: PartProps) {
  return (
    <>
      <Notices state={state} session={session} />
      {state.failure && (
        <Alert role="status" color="orange" title="The last training did not work out here">
          {state.failure.message} ({state.failure.code}). It is tried again.
        </Alert>
      )}
      <Card withBorder>
        <TaskCard state={state} />
      </Card>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Card withBorder>
          <Title order={2} size="h4" mb="xs">
            Loss
          </Title>
          <LossCurve curve={state.curve} />
        </Card>
        <Card withBorder>
          <Title order={2} size="h4" mb="xs">
            The same pictures, getting sharper
          </Title>
          <Pictures preview={state.preview} />
        </Card>
        <Card withBorder>
          <Figures state={state} />
        </Card>
        <Card withBorder>
          <Controls
            paused={state.paused}
            secure={window.isSecureContext}
            share={state.share}
            engines={state.engines}
            onPause={(paused) => {
              session.pause(paused);
            }}
            onShare={(share) => {
              session.setShare(share);
            }}
            onLeave={() => {
              session.leave();
            }}
          />
        </Card>
      </SimpleGrid>
    </>
  );
}

function Notices({ state: { brokeDown, backend, notKept, newVersion }, session }: PartProps) {
  useUpgrade(newVersion, session.left);
  return (
    <>
      {newVersion !== null && (
        <Alert role="status" color="blue" title="The coordinator was upgraded: reload this page">
          <Stack align="start" gap="xs">
            <Text>
              It runs version {newVersion}, this page is of {__GRADPOOL_VERSION__}. The page reloads by itself when
              nobody uses it.
            </Text>
            <Button
              size="xs"
              onClick={() => {
                void session.left().then(() => {
                  window.location.reload();
                });
              }}
            >
              Reload now
            </Button>
          </Stack>
        </Alert>
      )}
      {brokeDown && (
        <Alert role="status" color="orange" title="The computing part of this browser was started afresh">
          {brokeDown.message}. {backend && `It goes on with ${backend.name}.`}
        </Alert>
      )}
      {notKept !== null && (
        <Alert role="status" color="orange" title="This browser keeps nothing for the next visit">
          Its storage is full or switched off ({notKept}). Training works; next time the pictures are fetched again.
        </Alert>
      )}
    </>
  );
}

function Figures({ state: { trainings, finished, credit } }: { readonly state: JoinState }) {
  const moving = trainings.flatMap(({ moved }) => (moved ? [moved] : []));
  const speed = moving.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0);
  const checked = credit ?? { trialsCompleted: 0, imagesVerified: 0 };
  return (
    <SimpleGrid cols={2} verticalSpacing="md">
      <Figure label="images/s" value={moving.length > 0 ? Math.round(speed).toLocaleString('en') : '–'} />
      <Figure label="trainings finished in this visit" value={String(finished)} />
      <Figure label="of yours checked and right" value={String(checked.trialsCompleted)} />
      <Figure label="images in checked trainings" value={checked.imagesVerified.toLocaleString('en')} />
    </SimpleGrid>
  );
}

function Figure({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <Text size="xl" fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
        {value}
      </Text>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
    </div>
  );
}
