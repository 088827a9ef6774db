import { useState } from 'react';
import { Button, Group, Modal, Text } from '@mantine/core';
import { Trouble } from '../app/trouble.tsx';

export interface AskProps {
  /** On the button that opens the question, and in its title. */
  readonly label: string;
  readonly question: string;
  /** What is done, on the button that does it. */
  readonly deed: string;
  readonly act: () => Promise<unknown>;
}

/** A button for what cannot be undone: it asks first, and says what went wrong. */
export function Ask({ label, question, deed, act }: AskProps) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = () => {
    setOpen(false);
    setError(null);
  };
  const run = () => {
    setBusy(true);
    act()
      .then(close, setError)
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        style={{ flexShrink: 0 }}
        onClick={() => {
          setOpen(true);
        }}
      >
        {label}
      </Button>
      <Modal opened={open} onClose={close} title={label} centered>
        <Text>{question}</Text>
        {error !== null && <Trouble error={error} />}
        <Group mt="md" justify="end">
          <Button variant="default" onClick={close} data-autofocus>
            No
          </Button>
          <Button color="red" loading={busy} onClick={run}>
            {deed}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
