import { Title } from '@mantine/core';

export default function JoinPage({ token }: { readonly token: string }) {
  return <Title order={1}>gradpool {token.length > 0 ? '' : '?'}</Title>;
}
