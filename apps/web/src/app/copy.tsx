import { Button, CopyButton } from '@mantine/core';

/** Puts `text` in the clipboard, and says so for a moment. */
export function Copy({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <CopyButton value={text} timeout={2_000}>
      {({ copied, copy }) => (
        <Button size="xs" variant="default" onClick={copy}>
          {copied ? 'Copied' : label}
        </Button>
      )}
    </CopyButton>
  );
}
