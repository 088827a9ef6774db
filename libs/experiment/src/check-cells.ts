import { cellLabel } from './cell-label.ts';
import { sweepCells } from './cells.ts';
import { shapeProblem } from './conv-sizes.ts';
import type { DatasetManifest } from './manifest.ts';
import { metricFits, metricNames } from './metrics.ts';
import { modelLimits, parameterCount } from './model-size.ts';
import { type Locate, refuse, type SweepRefusal } from './sweep-refusal.ts';
import type { SweepSpec } from './sweep-spec.ts';
import { trainingImages } from './training-images.ts';
import { trialSpec, type TrialSpec } from './trial-spec.ts';

/** Rules that the parameters of a cell must keep together, and with the data set. */
export function checkCells(sweep: SweepSpec, manifest: DatasetManifest, locate: Locate): SweepRefusal | null {
  for (const parameters of sweepCells(sweep)) {
    const spec = trialSpec.parse({ ...parameters, seed: 0 });
    const refusal =
      checkTask({ sweep, spec, manifest }, locate) ??
      checkStopping(sweep, spec, locate) ??
      checkSplit(spec, manifest, locate) ??
      checkModel(spec, manifest, cellLabel(parameters));
    if (refusal !== null) return refusal;
  }
  return null;
}

/** What a task does not go with. */
function checkTask(
  { sweep, spec, manifest }: { sweep: SweepSpec; spec: TrialSpec; manifest: DatasetManifest },
  locate: Locate,
): SweepRefusal | null {
  const { metric, pooled } = sweep;
  const { task } = spec;
  const { classes } = manifest;
  const bad = (path: readonly string[], message: string): SweepRefusal =>
    refuse('E_SWEEP_VALUE', `${locate(path)}${path.join('.')} ${message}`);
  if (!metricFits(metric.name, task)) {
    const known = metricNames.filter((name) => metricFits(name, task)).join(', ');
    return bad(['metric', 'name'], `is ${metric.name}; trials of task ${task} are judged by ${known}`);
  }
  if (pooled !== undefined && task !== 'autoencode') {
    return bad(
      ['parameters', 'task'],
      `is ${task}; only autoencoders are trained by all workers together, take out pooled`,
    );
  }
  if (task !== 'autoencode' && classes < 2) {
    return bad(['parameters', 'task'], `is ${task}; it takes two classes, and ${manifest.name} has ${classes}`);
  }
  if (task === 'anomaly' && spec.anomaly_class >= classes) {
    return bad(['parameters', 'anomaly_class'], `is ${spec.anomaly_class}; expected 0 to ${classes - 1}`);
  }
  if (task !== 'classify') return null;
  if (spec.code === 'variational') {
    return bad(['parameters', 'code'], 'is variational; the classifier needs a code that is no draw: plain, l1 or kl');
  }
  if (spec.labels !== 'all' && spec.labels < classes) {
    return bad(['parameters', 'labels'], `is ${spec.labels}; each of the ${classes} classes needs at least one`);
  }
  return null;
}

/** Both look at the validation error after every epoch. */
function checkStopping(sweep: SweepSpec, spec: TrialSpec, locate: Locate): SweepRefusal | null {
  const name = spec.patience > 0 ? 'patience' : spec.final_weights === 'best' ? 'final_weights' : null;
  if (name === null) return null;
  const bad = (message: string): SweepRefusal =>
    refuse('E_SWEEP_VALUE', `${locate(['parameters', name])}parameters.${name} is ${spec[name]}; ${message}`);
  if (sweep.pooled !== undefined) {
    return bad(
      'evaluators judge a pooled run beside its rounds and may leave epochs out, so it cannot go by that; take it out, or take out pooled',
    );
  }
  if (spec.task === 'classify') {
    return bad('a classifier trains all its epochs; take it out, or train the autoencoder alone');
  }
  if (spec.validation_images > 0) return null;
  return bad('it goes by the validation error, but validation_images is 0; hold some out, for example 5000');
}

/** Small data sets have fewer images than are held out of large ones. */
function checkSplit(spec: TrialSpec, manifest: DatasetManifest, locate: Locate): SweepRefusal | null {
  if (trainingImages(spec, manifest) > 0) return null;
  const { images } = manifest.train;
  const message = `parameters.validation_images is ${spec.validation_images}, and ${manifest.name} has ${images} images to train on`;
  const advice = `hold out fewer, for example validation_images: {value: ${Math.floor(images / 10)}}`;
  return refuse('E_SWEEP_VALUE', `${locate(['parameters', 'validation_images'])}${message}; ${advice}`);
}

function checkModel(spec: TrialSpec, { image }: DatasetManifest, label: string): SweepRefusal | null {
  const problem = spec.model === 'cnn' ? shapeProblem(spec, image) : null;
  if (problem !== null) {
    const advice = 'change kernel_size or padding, or give fewer channels';
    return refuse('E_SWEEP_MODEL_SHAPE', `The model of cell ${label} does not fit: ${problem}; ${advice}`);
  }
  const count = parameterCount(spec, image);
  if (count <= modelLimits.parametersMax) return null;
  const most = `at most ${modelLimits.parametersMax} are trained`;
  return refuse(
    'E_SWEEP_MODEL_SIZE',
    `The model of cell ${label} has ${count} parameters, ${most}; use smaller layers`,
  );
}
