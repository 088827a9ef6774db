import { Alert, Anchor, Stack, Text, Title } from '@mantine/core';
import { trialSpec } from '@gradpool/experiment';
import type { SweepView, TrialView } from '@gradpool/protocol';
import { Link, useParams } from 'wouter';
import { labelOf, sweptNames } from '../app/parameters.ts';
import { Pause } from '../app/pause.tsx';
import { useRoom } from '../app/room-context.tsx';
import { tokenFor } from '../app/token.ts';
import { Trouble } from '../app/trouble.tsx';
import { useByText } from '../app/use-stable.ts';
import { useTrial } from '../run/trial-data.ts';
import { CodePlaces } from './code-places.tsx';
import { CodeSliders } from './code-sliders.tsx';
import { DecodedPlane } from './decoded-plane.tsx';
import { Interpolation } from './interpolation.tsx';
import { ModelFailure } from './latent-model.ts';
import type { ModelSource } from './messages.ts';
import { placedCodesMin } from './place-codes.ts';
import { useLatentModel } from './use-latent-model.ts';

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
      <Source trial={trial.data} sweep={sweep} />
    </Stack>
  );
}

function Source({ trial, sweep }: { readonly trial: TrialView; readonly sweep: SweepView | undefined }) {
  const spec = trialSpec.safeParse({ ...trial.parameters, seed: trial.seed }).data;
  const weights = trial.weights?.sha256;
  const source = useByText<ModelSource | null>(
    spec && weights && sweep
      ? { url: window.location.origin, token: tokenFor('look') ?? '', spec, dataset: sweep.dataset, weights }
      : null,
  );
  if (source === null) {
    return (
      <Alert title="No weights yet">A trained model has a code to look at: come back when this run is done.</Alert>
    );
  }
  return <Model source={source} />;
}

function Model({ source }: { readonly source: ModelSource }) {
  const opening = useLatentModel(source);
  if (opening.state === 'opening') return <Pause />;
  if (opening.state === 'failed') return <Failed error={opening.error} />;
  const { model } = opening;
  const { noise } = source.spec;
  return (
    <>
      <Text>
        This page encodes the first {model.coded.count.toLocaleString('en')} test pictures
        {noise === 0 ? '' : `, under noise ${noise},`} with the trained weights and decodes whatever code you choose.
      </Text>
      {model.coded.codeSize === 2 && <DecodedPlane model={model} />}
      {model.coded.count >= placedCodesMin && <CodePlaces model={model} />}
      <CodeSliders model={model} />
      <Interpolation model={model} />
    </>
  );
}

function Failed({ error }: { readonly error: unknown }) {
  const { code, message } = error instanceof ModelFailure ? error : new ModelFailure('E_INTERNAL', String(error));
  return (
    <Alert color="red" role="alert" title={`The model could not be opened here (${code})`}>
      {message}. Reload the page to try again.
    </Alert>
  );
}
