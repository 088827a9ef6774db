import type { ParameterLayout } from '@gradpool/tensors';
import { imageSize } from './image-shape.ts';
import type { DatasetManifest } from './manifest.ts';
import { type Layer, modelLayers } from './model-layers.ts';
import { layersLayout, modelLayout } from './model-parameters.ts';
import { trialSpec, type TrialSpec } from './trial-spec.ts';

/** A classifier in two parts: what makes its features from a picture (nothing, where it sees the pixels), and what tells classes from them. */
export interface ClassifierLayers {
  readonly encoder: readonly Layer[];
  readonly head: readonly Layer[];
}

type Shapes = Pick<DatasetManifest, 'image' | 'classes'>;

/** The layers of a trial of task `classify` in order, from picture to one logit for each class. */
export function classifierLayers(spec: TrialSpec, { image, classes }: Shapes): ClassifierLayers {
  const encoder = encoderOf(spec, { image, classes });
  const last = encoder.at(-1);
  const features =
    last === undefined ? imageSize(image) : last.kind === 'dense' ? last.outputs : imageSize(last.output);
  const sizes = [features, ...spec.classifier_hidden, classes];
  const head = sizes.slice(1).map((outputs, i): Layer => {
    const activation = i + 2 === sizes.length ? 'linear' : spec.activation;
    return { kind: 'dense', name: `classify_${i + 1}`, inputs: sizes[i] ?? 0, outputs, activation };
  });
  return { encoder, head };
}

function encoderOf(spec: TrialSpec, { image }: Shapes): readonly Layer[] {
  switch (spec.features) {
    case 'pixels':
    case 'pixels_frozen_noise':
      return [];
    case 'pca':
      return [{ kind: 'dense', name: 'pca', inputs: imageSize(image), outputs: spec.latent, activation: 'linear' }];
    case 'finetuned':
    case 'frozen':
    case 'random': {
      const { layers, encoderLayers } = modelLayers(spec, image);
      return layers.slice(0, encoderLayers);
    }
    default:
      return spec.features satisfies never;
  }
}

/** Whether an autoencoder is trained before the classifier. */
export const isPretrained = ({ features }: Pick<TrialSpec, 'features'>): boolean =>
  features === 'finetuned' || features === 'frozen';

/** What decides which figures and pictures mean something of a trial. */
export type TrialKind = Pick<TrialSpec, 'task' | 'features'>;

/** The kind of a trial from its parameters as views carry them, without the defaults. */
export function trialKind(parameters: Readonly<Record<string, unknown>>): TrialKind {
  const { task, features } = trialSpec.shape;
  return {
    task: task.catch('autoencode').parse(parameters['task']),
    features: features.catch('finetuned').parse(parameters['features']),
  };
}

/** Whether pictures are made smaller at all: a classifier of pixels sees them as they are. */
export const hasCode = ({ task, features }: TrialKind): boolean =>
  task !== 'classify' || (features !== 'pixels' && features !== 'pixels_frozen_noise');

/** Whether a trial learns to reconstruct, so that there are pictures to show. */
export const reconstructs = (kind: TrialKind): boolean => kind.task !== 'classify' || isPretrained(kind);

/** Where the weights that a trial ends with lie in the flat vector that is judged. */
export function weightsLayout(spec: TrialSpec, shapes: Shapes): ParameterLayout {
  if (spec.task !== 'classify') return modelLayout(spec, shapes.image);
  const { encoder, head } = classifierLayers(spec, shapes);
  return layersLayout([...encoder, ...head]);
}
