import { useState } from 'react';
import { Button, Group } from '@mantine/core';
import { commandAnswer, type SweepCommand, type SweepView } from '@gradpool/protocol';
import { postJson } from '../app/api.ts';
import { Trouble } from '../app/trouble.tsx';
import { Ask } from './ask.tsx';

/** Pause, resume and cancel. The new state comes back over the socket. */
export function SweepSteering({ sweep: { sweepId, name, state } }: { readonly sweep: SweepView }) {
  const [error, setError] = useState<unknown>(null);
  const command = (word: SweepCommand) => postJson(`/api/sweeps/${sweepId}/${word}`, {}, commandAnswer);
  const toggle = state === 'paused' ? 'resume' : 'pause';
  return (
    <>
      <Group gap="xs">
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`${toggle} ${name}`}
          onClick={() => {
            setError(null);
            command(toggle).catch(setError);
          }}
        >
          {toggle === 'pause' ? 'Pause' : 'Resume'}
        </Button>
        <Ask
          label="Cancel"
          question={`End the sweep ${name} for good? Finished trials are kept; those that run or wait are dropped.`}
          deed="Cancel the sweep"
          act={() => command('cancel')}
        />
      </Group>
      {error !== null && <Trouble error={error} />}
    </>
  );
}
