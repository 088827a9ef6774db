import { useState } from 'react';
import { Alert, Button } from '@mantine/core';
import { roomCommandAnswer, type RoomCommand } from '@gradpool/protocol';
import { postJson } from '../app/api.ts';
import { useRoom } from '../app/room-context.tsx';
import { useMay } from '../app/room-info.ts';
import { Trouble } from '../app/trouble.tsx';
import { Ask } from './ask.tsx';

const steer = (command: RoomCommand) => postJson(`/api/room/${command}`, {}, roomCommandAnswer);

/** Says that the lesson is over, and lets the admin go on with it. */
export function LessonOver() {
  const { stats } = useRoom();
  const mayAdmin = useMay('admin');
  const [error, setError] = useState<unknown>(null);
  if (stats?.roomState !== 'ended') return null;
  return (
    <Alert color="orange" role="status" title="The lesson is over">
      Everything trained so far is kept, and no work is given out until the room is opened again.
      {mayAdmin && (
        <Button
          display="block"
          mt="sm"
          size="xs"
          onClick={() => {
            setError(null);
            steer('open').catch(setError);
          }}
        >
          Go on
        </Button>
      )}
      {error !== null && <Trouble error={error} />}
    </Alert>
  );
}

/** Ends the lesson, for the admin of an open room. */
export function EndLesson() {
  const { stats } = useRoom();
  const mayAdmin = useMay('admin');
  if (!mayAdmin || stats?.roomState !== 'open') return null;
  return (
    <Ask
      label="End the lesson"
      question="Pause every sweep and tell all workers that the lesson is over? What is trained is stored, and the room can be opened again next week."
      deed="End it"
      act={() => steer('end')}
    />
  );
}
