import { Alert, Anchor, Button, Group } from '@mantine/core';
import { Link } from 'wouter';
import { ApiFailure } from './api.ts';

/** Why something could not be shown or done, in words, and a way on. */
export function Trouble({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { title, text } = explain(error);
  return (
    <Alert color="red" role="alert" title={title} my="md">
      {text}
      <Group mt="sm">
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        <Anchor component={Link} href="/" size="sm" c="inherit" underline="always">
          Back to the room
        </Anchor>
      </Group>
    </Alert>
  );
}

function explain(error: unknown): { readonly title: string; readonly text: string } {
  if (error instanceof ApiFailure) {
    const title = error.code === 'E_NOT_FOUND' ? 'There is nothing here' : 'That did not work';
    return { title: `${title} (${error.code})`, text: error.message };
  }
  return {
    title: 'This page does not understand the coordinator',
    text: 'They are probably of different versions. Reload the page.',
  };
}
