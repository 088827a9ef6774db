import { Anchor, Stack, Text, Title } from '@mantine/core';
import type { TrialView } from '@gradpool/protocol';
import { Link, useParams } from 'wouter';
import { countText } from '../app/figures.ts';
import { labelOf, sweptNames, valueText } from '../app/parameters.ts';
import { Pause } from '../app/pause.tsx';
import { useRoom } from '../app/room-context.tsx';
import { Trouble } from '../app/trouble.tsx';
import { useTrial } from '../run/trial-data.ts';
import { ComputedMaps } from './code-maps.tsx';
import { CodeSliders } from './code-sliders.tsx';
import { DecodedPlane } from './decoded-plane.tsx';
import { Interpolation } from './interpolation.tsx';
import { OpenedModel } from './opened-model.tsx';
import { StoredMaps } from './stored-maps.tsx';

/** What the code of a trained model holds: computed in this very page from the weights that were verified. */
export default function LatentPage() {
  const { trial: trialId } = useParams<{ trial: string }>();
  const trial = useTrial(trialId);
  const { sweeps } = useRoom();
  if (trial.isPending) return <Pause />;
  if (trial.isError) return <Trouble error={trial.error} onRetry={() => void trial.refetch()} />;
  const sweep = sweeps.get(trial.data.sweepId);
  return (
    <Stack>
      <div>
        <Anchor component={Link} href={`/trials/${trialId}`} size="sm">
          ← {labelOf(trial.data.parameters, sweep ? sweptNames(sweep) : Object.keys(trial.data.parameters))}
        </Anchor>
        <Title order={1} size="h2">
          Latent space
        </Title>
      </div>
      {trial.data.embedding && <StoredMaps embedding={trial.data.embedding} sweep={sweep} />}
      <OpenedModel trial={trial.data} sweep={sweep}>
        {(model, embedding) => (
          <>
            <Text>{explain(model.coded.count, trial.data)}</Text>
            {model.coded.codeSize === 2 && <DecodedPlane model={model} />}
            {!trial.data.embedding && <ComputedMaps coded={model.coded} embedding={embedding} />}
            <CodeSliders model={model} />
            <Interpolation model={model} />
          </>
        )}
      </OpenedModel>
    </Stack>
  );
}

function explain(count: number, { parameters }: TrialView): string {
  const { noise } = parameters;
  const under = noise ? `, under noise ${valueText(noise)},` : '';
  return `This page encodes the first ${countText(count)} test pictures${under} with the trained weights and decodes whatever code you choose.`;
}
