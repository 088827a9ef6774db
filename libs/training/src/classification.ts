import {
  classifierLayers,
  initialVector,
  isPretrained,
  layersLayout,
  learningRate,
  optimizerRule,
  trialEpochs,
  type Layer,
} from '@gradpool/experiment';
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from './checkpoint.ts';
import { judgeClassifier, openClassifier } from './classifier-judging.ts';
import { labelledImages, putImage, stepPlaces, type LabelledImages } from './classifier-data.ts';
import { codeEncoder, principalEncoder } from './feature-encoder.ts';
import type { Judgement } from './judgement.ts';
import { openLayerEngine, type LayerEngine } from './layer-engine.ts';
import { pacer, type Pause } from './pacer.ts';
import { Interrupted, TrainingError, type Checkpoint } from './training-error.ts';
import type { EpochPoint, TrainTrialOptions, TrainTrialResult } from './trainer.ts';

/** What training the autoencoder of a trial gives; the result of a trial without its score. */
export type Pretrained = Pick<TrainTrialResult, 'weights' | 'validationMse' | 'overfitGap' | 'images'>;

interface Run {
  readonly options: TrainTrialOptions;
  readonly labelled: LabelledImages;
  /** The encoder's weights where they stay as they are; empty where they learn too, or there is none. */
  readonly frozen: Float32Array;
  readonly engine: LayerEngine;
  readonly whole: LayerEngine;
  readonly state: TrainingState;
  readonly pause: Pause;
  /** Puts what the labelled image at a place has under a pass's noise to row `at` of the engine's inputs. */
  readonly put: (place: number, pass: number, at: number) => void;
  images: number;
  seconds: number;
  /** On the validation images, of the present weights, once they are judged. */
  validated: EpochPoint[] | null;
}

/** Epochs of the autoencoder before those of the classifier. */
const epochsBefore = ({ spec }: TrainTrialOptions): number => trialEpochs(spec) - spec.classifier_epochs;

/**
 * Trains a trial of task `classify`: first its autoencoder, where its features come from one (`pretrain`), then the classifier,
 * with the encoder where that learns on. Resuming gives the same bits as never stopping. Throws as `trainTrial` does.
 */
export async function trainClassification(
  options: TrainTrialOptions,
  pretrain: (options: TrainTrialOptions) => Promise<Pretrained>,
): Promise<TrainTrialResult> {
  const resumed = classifierCheckpoint(options);
  const before = resumed || !isPretrained(options.spec) ? null : await pretrain(pretraining(options));
  const run = await startRun(options, before?.weights ?? null, resumed);
  await takeSteps(run);
  const judged = await judge(run, 'test');
  const { metric = 'test_accuracy', spec } = options;
  const score = judged.measures[metric];
  if (score === undefined) {
    const known = Object.keys(judged.measures).join(', ');
    throw new TrainingError('E_SPEC', `No ${metric} is computed for a classifier; there are ${known}`);
  }
  const epochs = trialEpochs(spec);
  return {
    weights: wholeVector(run),
    score,
    validationMse: before?.validationMse ?? null,
    overfitGap: before?.overfitGap ?? null,
    ...{ epochs, weightsEpoch: epochs },
    images: run.images + (before?.images ?? 0),
    // Of a resumed run only a part was seen here.
    measures: resumed ? {} : { classifier_seconds: run.seconds },
  };
}

/** The options for the autoencoder: its progress is a part of the whole. */
function pretraining(options: TrainTrialOptions): TrainTrialOptions {
  const { spec } = options;
  const share = spec.epochs / trialEpochs(spec);
  return {
    ...options,
    onProgress: (progress) => {
      options.onProgress({ ...progress, epochs: trialEpochs(spec), fraction: share * progress.fraction });
    },
  };
}

async function startRun(
  options: TrainTrialOptions,
  pretrained: Float32Array | null,
  resumed: TrainingState | null,
): Promise<Run> {
  const { spec, dataset } = options;
  const { encoder, head } = classifierLayers(spec, dataset.manifest);
  const pause = pacer(options.yieldToLoop);
  const learnt = spec.features === 'finetuned' ? encoder : [];
  const encoderSize = layersLayout(encoder).size;
  const start = resumed?.parameters.slice(0, encoderSize) ?? (await encoderWeights(options, pretrained, pause));
  const labelled = labelledImages(spec, dataset);
  const layers = [...learnt, ...head];
  const engine = openLayerEngine({ layers, rule: optimizerRule(spec), capacity: labelled.plan.batch });
  const frozen = learnt.length > 0 ? new Float32Array(0) : start;
  const { parameters, memory } = engine;
  const state: TrainingState = { parameters, memory, step: 0, epochLoss: 0, epochImages: 0, best: null };
  if (resumed) restore(state, resumed, frozen.length);
  else parameters.set([...(learnt.length > 0 ? start : []), ...initialVector(head, spec.seed)]);
  const codes =
    encoder.length > 0 && learnt.length === 0 ? await codesOf(options, { encoder, start, labelled, pause }) : null;
  const put = codes ? putCodes(codes, engine) : putPictures(options, labelled, engine);
  const whole = openClassifier(spec, dataset);
  return { options, labelled, frozen, engine, whole, state, pause, put, images: 0, seconds: 0, validated: null };
}

function encoderWeights(
  options: TrainTrialOptions,
  pretrained: Float32Array | null,
  pause: Pause,
): Promise<Float32Array> {
  const { spec, dataset } = options;
  const task = { spec, dataset, pause };
  switch (spec.features) {
    case 'finetuned':
    case 'frozen':
    case 'random':
      return codeEncoder(task, pretrained);
    case 'pca':
      return principalEncoder(task);
    case 'pixels':
    case 'pixels_frozen_noise':
      return Promise.resolve(new Float32Array(0));
    default:
      return spec.features satisfies never;
  }
}

interface Encoding {
  readonly encoder: readonly Layer[];
  readonly start: Float32Array;
  readonly labelled: LabelledImages;
  readonly pause: Pause;
}

/** The codes of all labelled images, computed once: rows in their order. */
async function codesOf({ spec, dataset }: TrainTrialOptions, { encoder, start, labelled, pause }: Encoding) {
  const capacity = 250;
  const engine = openLayerEngine({ layers: encoder, rule: optimizerRule(spec), capacity });
  engine.parameters.set(start);
  const { indices } = labelled;
  const codes = new Float32Array(indices.length * engine.outputs);
  for (let first = 0; first < indices.length; first += capacity) {
    const count = Math.min(capacity, indices.length - first);
    for (let at = 0; at < count; at += 1) {
      putImage({ spec, dataset }, { index: indices[first + at]!, pass: 0, at }, engine.inputs);
    }
    codes.set(await engine.run(count), first * engine.outputs);
    await pause();
  }
  return codes;
}

function putCodes(codes: Float32Array, { inputs, width }: LayerEngine): Run['put'] {
  return (place, _pass, at) => {
    inputs.set(codes.subarray(place * width, (place + 1) * width), at * width);
  };
}

function putPictures(
  { spec, dataset }: TrainTrialOptions,
  { indices }: LabelledImages,
  { inputs }: LayerEngine,
): Run['put'] {
  const fresh = spec.features !== 'pixels_frozen_noise';
  return (place, pass, at) => {
    putImage({ spec, dataset }, { index: indices[place]!, pass: fresh ? pass : 0, at }, inputs);
  };
}

async function takeSteps(run: Run): Promise<void> {
  const { options, state, labelled } = run;
  const { plan } = labelled;
  const placesOf = stepPlaces(options.spec, plan);
  const stop = ((options.stopAfter ?? Infinity) - epochsBefore(options)) * plan.stepsPerEpoch;
  for (;;) {
    // Also right after a resume: a run may have been interrupted between an epoch's last step and its report.
    if (state.epochImages > 0 && state.step % plan.stepsPerEpoch === 0) await finishEpoch(run);
    if (state.step === plan.steps) return;
    if (state.step === stop) {
      await tellValidation(run);
      throw new Interrupted(checkpointOf(run));
    }
    const startedAt = performance.now();
    await takeStep(run, placesOf(state.step));
    run.seconds += (performance.now() - startedAt) / 1000;
    if (await run.pause()) report(run);
    if (options.signal.aborted) throw new Interrupted(checkpointOf(run));
  }
}

async function takeStep(run: Run, { pass, places }: { pass: number; places: Uint32Array }): Promise<void> {
  const { engine, state, labelled, options } = run;
  const { spec } = options;
  const count = places.length;
  places.forEach((place, at) => {
    run.put(place, pass, at);
  });
  const labels = places.map((place) => labelled.labels[place]!);
  const loss = await engine.lossAndGradient(labels, count);
  if (!Number.isFinite(loss)) {
    const where = `at step ${state.step + 1} of ${labelled.plan.steps} of the classifier`;
    const advice = `lower classifier_learning_rate ${spec.classifier_learning_rate}`;
    throw new TrainingError('E_NAN_LOSS', `The cross-entropy became ${loss} ${where}; ${advice}`);
  }
  state.epochLoss += loss * count;
  state.epochImages += count;
  run.images += count;
  run.validated = null;
  const rate = learningRate({ ...spec, learning_rate: spec.classifier_learning_rate }, state.step, labelled.plan.steps);
  state.step += 1;
  engine.update({ step: state.step, learningRate: rate });
}

async function finishEpoch(run: Run): Promise<void> {
  const { options, state, labelled } = run;
  const epoch = epochsBefore(options) + state.step / labelled.plan.stepsPerEpoch;
  const points: EpochPoint[] = [{ epoch, name: 'train_cross_entropy', value: state.epochLoss / state.epochImages }];
  if (!state.parameters.every(Number.isFinite)) {
    throw new TrainingError(
      'E_NAN_LOSS',
      `The classifier has weights that are not finite after epoch ${epoch}; lower classifier_learning_rate`,
    );
  }
  run.validated = await validate(run, epoch);
  points.push(...run.validated);
  options.onEpoch(points);
  const loss = state.epochLoss / state.epochImages;
  // A checkpoint that the report stores is of an epoch that has been told.
  state.epochLoss = 0;
  state.epochImages = 0;
  report(run, loss);
}

/** At a stop that was asked for: a run that was resumed right there has not told it in this call. */
async function tellValidation(run: Run): Promise<void> {
  if (run.validated !== null) return;
  const { options, state, labelled } = run;
  run.validated = await validate(run, epochsBefore(options) + state.step / labelled.plan.stepsPerEpoch);
  if (run.validated.length > 0) options.onEpoch(run.validated);
}

/** Accuracy, cross-entropy and the like of the wanted metric; nothing where no image is held out. */
async function validate(run: Run, epoch: number): Promise<EpochPoint[]> {
  const { spec, metric = 'test_accuracy' } = run.options;
  if (spec.validation_images === 0) return [];
  const { measures } = await judge(run, 'validation');
  const like = metric.replace(/^test_/, 'validation_');
  return [...new Set(['validation_accuracy', 'validation_cross_entropy', like])].flatMap((name) => {
    const value = measures[name];
    return value === undefined ? [] : [{ epoch, name, value }];
  });
}

/** Interrupted carries the run's checkpoint, wherever the abort was noticed. */
async function judge(run: Run, split: 'test' | 'validation'): Promise<Judgement> {
  const { spec, dataset, signal, yieldToLoop } = run.options;
  run.whole.parameters.set(wholeVector(run));
  try {
    return await judgeClassifier(run.whole, { spec, dataset, split, signal, yieldToLoop });
  } catch (error) {
    if (error instanceof Interrupted) throw new Interrupted(checkpointOf(run));
    throw error;
  }
}

function report(run: Run, loss = lossSoFar(run.state)): void {
  const { options, state, labelled, images, seconds } = run;
  const [before, all] = [epochsBefore(options), trialEpochs(options.spec)];
  const own = state.step / labelled.plan.steps;
  options.onProgress({
    epoch: before + Math.floor(state.step / labelled.plan.stepsPerEpoch),
    epochs: all,
    fraction: (before + own * (all - before)) / all,
    loss,
    imagesPerSecond: images / Math.max(seconds, 1e-3),
  });
  if (options.onCheckpoint && options.checkpointDue?.()) {
    options.onCheckpoint(checkpointOf(run));
  }
}

const lossSoFar = ({ epochLoss, epochImages }: TrainingState): number | null =>
  epochImages > 0 ? epochLoss / epochImages : null;

/** Encoder and classifier in the layout that is judged. */
function wholeVector({ frozen, state }: Pick<Run, 'frozen' | 'state'>): Float32Array {
  const whole = new Float32Array(frozen.length + state.parameters.length);
  whole.set(frozen);
  whole.set(state.parameters, frozen.length);
  return whole;
}

/** A frozen encoder travels along, with nothing in its part of the optimizer's vectors. */
function checkpointOf(run: Run): Checkpoint {
  const { options, state, frozen, labelled } = run;
  const memory = state.memory.map((vector) => {
    const padded = new Float32Array(frozen.length + vector.length);
    padded.set(vector, frozen.length);
    return padded;
  });
  const epoch = epochsBefore(options) + Math.floor(state.step / labelled.plan.stepsPerEpoch);
  return { epoch, bytes: encodeCheckpoint({ ...state, parameters: wholeVector(run), memory }, identityOf(options)) };
}

const identityOf = ({ spec, dataset }: TrainTrialOptions) =>
  ({ spec, digest: dataset.digest, stage: 'classifier' }) as const;

/** The state of a classifier's training in the checkpoint to resume from; null where it is one of the autoencoder. */
function classifierCheckpoint(options: TrainTrialOptions): TrainingState | null {
  const { spec, dataset, resume } = options;
  if (!resume) return null;
  const { encoder, head } = classifierLayers(spec, dataset.manifest);
  try {
    return decodeCheckpoint(resume, identityOf(options), layersLayout([...encoder, ...head]).size);
  } catch (error) {
    // The autoencoder's training says what is wrong with it, where it is not its own either.
    if (isPretrained(spec)) return null;
    throw error;
  }
}

function restore(state: TrainingState, from: TrainingState, skipped: number): void {
  state.parameters.set(from.parameters.subarray(skipped));
  for (const [i, vector] of state.memory.entries()) vector.set(from.memory[i]!.subarray(skipped));
  state.step = from.step;
  state.epochLoss = from.epochLoss;
  state.epochImages = from.epochImages;
}
