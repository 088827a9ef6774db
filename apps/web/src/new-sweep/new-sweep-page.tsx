import { Title } from '@mantine/core';

export default function NewSweepPage() {
  return <Title order={1}>gradpool</Title>;
}
