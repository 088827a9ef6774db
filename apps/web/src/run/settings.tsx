import { Card, Title } from '@mantine/core';
import { trialSpec } from '@gradpool/experiment';
import type { TrialView } from '@gradpool/protocol';
import { Facts, type Fact } from '../app/facts.tsx';
import { inOrder, valueText, wordsOf, type Value } from '../app/parameters.ts';

/** Every parameter of the trial: those of its cell, and the defaults of the others. */
export function Settings({ trial }: { readonly trial: TrialView }) {
  const read = trialSpec.safeParse({ ...trial.parameters, seed: trial.seed });
  const all: Readonly<Record<string, Value | undefined>> = {
    seed: trial.seed,
    ...trial.parameters,
    ...(read.data ?? {}),
  };
  const facts = inOrder(Object.keys(all)).map((name): Fact => {
    const given = name === 'seed' || name in trial.parameters;
    return [wordsOf(name), `${valueText(all[name])}${given ? '' : ' (default)'}`];
  });
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        Parameters
      </Title>
      <Facts label="Parameters" facts={facts} />
    </Card>
  );
}
