import { useState } from 'react';
import { ActionIcon, Button, Group, TextInput, Title } from '@mantine/core';

/** As long as the room shows well; the protocol takes more. */
const nameCharsMax = 40;

interface NicknameFieldProps {
  readonly name: string;
  readonly onRename: (name: string) => void;
}

/** The name under which the room sees this device; a button turns it into a field. */
export function NicknameField({ name, onRename }: NicknameFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  if (typed === null) {
    return (
      <Group gap="xs" wrap="nowrap">
        <Title order={1} size="h2">
          {name}
        </Title>
        <ActionIcon
          variant="subtle"
          aria-label="Change the name"
          onClick={() => {
            setTyped(name);
          }}
        >
          ✎
        </ActionIcon>
      </Group>
    );
  }
  const wanted = typed.trim();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted !== '' && wanted !== name) onRename(wanted);
        setTyped(null);
      }}
    >
      <Group gap="xs" align="end" wrap="nowrap">
        <TextInput
          label="Your name in the room"
          value={typed}
          maxLength={nameCharsMax}
          data-autofocus
          autoFocus
          onChange={(event) => {
            setTyped(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setTyped(null);
          }}
        />
        <Button type="submit" disabled={wanted === ''}>
          Save
        </Button>
      </Group>
    </form>
  );
}
