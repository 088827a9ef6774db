import { Card, Title } from '@mantine/core';
import { pooledSpec, stepImages, trialSpec, type PooledSpec } from '@gradpool/experiment';
import type { SweepView, TrialView } from '@gradpool/protocol';
import { Facts, type Fact } from '../app/facts.tsx';
import { inOrder, valueText, wordsOf, type Value } from '../app/parameters.ts';

export interface SettingsProps {
  readonly trial: TrialView;
  readonly sweep: SweepView | undefined;
}

/** Every parameter of the trial: those of its cell, and the defaults of the others. */
export function Settings({ trial, sweep }: SettingsProps) {
  const pooled = pooledSpec.safeParse(sweep?.spec['pooled']).data;
  const batch = pooled && { batch_size: stepImages(pooled) };
  const read = trialSpec.safeParse({ ...trial.parameters, ...batch, seed: trial.seed });
  const all: Readonly<Record<string, Value | undefined>> = {
    seed: trial.seed,
    ...trial.parameters,
    ...(read.data ?? {}),
  };
  const facts = inOrder(Object.keys(all)).map((name): Fact => {
    const given = name === 'seed' || name in trial.parameters;
    if (name === 'batch_size' && pooled) {
      const by = trial.placement === 'alone' ? 'as in the pooled cells of this sweep' : batchText(pooled);
      return [wordsOf(name), `${valueText(all[name])} (${by})`];
    }
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

const batchText = (pooled: PooledSpec): string =>
  pooled.mode === 'exact'
    ? `${pooled.micro_batches} micro-batches of ${pooled.micro_batch}`
    : `of each lane, up to ${pooled.steps} steps a round, changes sent as ${pooled.codec}`;
