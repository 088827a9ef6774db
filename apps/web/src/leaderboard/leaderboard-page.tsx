import { Title } from '@mantine/core';

export default function LeaderboardPage() {
  return <Title order={1}>gradpool</Title>;
}
