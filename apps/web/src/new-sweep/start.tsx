import { useState } from 'react';
import { Alert, Anchor, Button, Group } from '@mantine/core';
import { submitAnswer, type SubmitAnswer } from '@gradpool/protocol';
import { Link, useLocation } from 'wouter';
import { postJson } from '../app/api.ts';
import { useMay, useRoomInfo } from '../app/room-info.ts';
import { Trouble } from '../app/trouble.tsx';

/** Submits the sweep and goes to its leaderboard; a sweep that is there already is not trained twice. */
export function Start({ text }: { readonly text: string }) {
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [same, setSame] = useState<SubmitAnswer | null>(null);
  const known = useRoomInfo() !== undefined;
  const mayAdmin = useMay('admin');
  if (known && !mayAdmin) {
    return (
      <Alert color="blue" title="This link only looks on">
        Starting a sweep takes the admin link, which the coordinator prints where it runs. The file above can be handed
        to whoever has it.
      </Alert>
    );
  }
  const start = () => {
    setBusy(true);
    setError(null);
    postJson('/api/sweeps', { yaml: text }, submitAnswer)
      .then((answer) => {
        if (answer.created) navigate(`/leaderboard/${answer.sweepId}`);
        else setSame(answer);
      }, setError)
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <>
      <Group>
        <Button onClick={start} loading={busy} disabled={!mayAdmin}>
          Start
        </Button>
      </Group>
      {same && (
        <Alert title="This very sweep is there already" role="status">
          Nothing is trained twice.{' '}
          <Anchor component={Link} href={`/leaderboard/${same.sweepId}`} inherit>
            Look at its results
          </Anchor>
          , or change something, the seeds for example.
        </Alert>
      )}
      {error !== null && <Trouble error={error} />}
    </>
  );
}
