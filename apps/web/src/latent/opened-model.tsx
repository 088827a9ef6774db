import { useState, type ReactNode } from 'react';
import { Alert } from '@mantine/core';
import { trialSpec } from '@gradpool/experiment';
import type { SweepView, TrialView } from '@gradpool/protocol';
import type { Embedding } from '@gradpool/training';
import { Pause } from '../app/pause.tsx';
import { tokenFor } from '../app/token.ts';
import { useByText } from '../app/use-stable.ts';
import type { LatentModel } from './latent-model.ts';
import type { ModelSource } from './messages.ts';
import { useLatentModel } from './use-latent-model.ts';

export interface OpenedModelProps {
  readonly trial: TrialView;
  readonly sweep: SweepView | undefined;
  /** `embedding`: or the share of it that is done, 0 to 1; nothing is done where one is stored with the trial. */
  readonly children: (model: LatentModel, embedding: Embedding | number) => ReactNode;
}

/** Opens the model of a trial in this page and shows it as `children` says, or why it cannot be opened. */
export function OpenedModel({ trial, sweep, children }: OpenedModelProps) {
  const spec = trialSpec.safeParse({ ...trial.parameters, seed: trial.seed }).data;
  const weights = trial.weights?.sha256;
  // As it was at first: one that is stored meanwhile is no reason to open the model again.
  const [embed] = useState(trial.embedding === null);
  const source = useByText<ModelSource | null>(
    spec && weights && sweep
      ? { url: window.location.origin, token: tokenFor('look') ?? '', spec, dataset: sweep.dataset, weights, embed }
      : null,
  );
  if (source !== null) return <FromSource source={source}>{children}</FromSource>;
  return <Alert title="No weights yet">A trained model has a code to look at: come back when this run is done.</Alert>;
}

interface FromSourceProps extends Pick<OpenedModelProps, 'children'> {
  readonly source: ModelSource;
}

function FromSource({ source, children }: FromSourceProps) {
  const { model, embedding, failure } = useLatentModel(source);
  if (failure) {
    return (
      <Alert color="red" role="alert" title={`The model could not be opened here (${failure.code})`}>
        {failure.message}. Reload the page to try again.
      </Alert>
    );
  }
  return model ? children(model, embedding) : <Pause />;
}
