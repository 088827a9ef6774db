import { useState } from 'react';
import { Button, Container, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { isToken } from '@gradpool/protocol';

/** Asks for a token where the page was opened without its link. */
export function Enter({ onToken }: { readonly onToken: (token: string) => void }) {
  const [typed, setTyped] = useState('');
  const token = typed.trim();
  const wrong = token !== '' && !isToken(token);
  return (
    <Container size="xs" py="xl" component="main">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isToken(token)) onToken(token);
        }}
      >
        <Stack>
          <Title order={1} size="h2">
            gradpool
          </Title>
          <Text>
            Open this room by its link: it carries a token. The coordinator prints its links when it starts; its tokens
            stand in tokens.json in its data folder.
          </Text>
          <PasswordInput
            label="Token"
            autoComplete="off"
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
            }}
            error={wrong ? 'A token is 1 to 256 letters, digits, "-" or "_".' : undefined}
          />
          <Button type="submit" disabled={token === '' || wrong}>
            Open the room
          </Button>
        </Stack>
      </form>
    </Container>
  );
}
