import { initialParameters, keepsPictures, learningRate, type TrialSpec } from '@gradpool/experiment';
import { isFiniteVector } from '@gradpool/tensors';
import { trainClassification } from './classification.ts';
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from './checkpoint.ts';
import type { Dataset } from './dataset.ts';
import { bestAfter, patienceIsOver } from './early-stopping.ts';
import { openEngine, type Engine, type ExecutionPath } from './engine.ts';
import { judgeReconstructions, type Likeness } from './evaluation.ts';
import type { Split } from './judged-images.ts';
import { pacer, type Pause, type YieldToLoop } from './pacer.ts';
import { previewOf, epochPictures, type Preview } from './preview.ts';
import { batchFiller, trainingPlan, type TrainingPlan } from './training-plan.ts';
import { Interrupted, TrainingError, type Checkpoint } from './training-error.ts';

/** Steps that a backend of promises may be ahead of what it has told. */
const stepsAheadMax = 8;

/** Where a run stands. `epoch` counts whole epochs done; `loss` is the mean since the last report. */
export interface TrainingProgress {
  readonly epoch: number;
  readonly epochs: number;
  /** Share of the run done, 0 to 1. */
  readonly fraction: number;
  readonly loss: number | null;
  readonly imagesPerSecond: number;
}

export interface EpochPoint {
  readonly epoch: number;
  readonly name: string;
  readonly value: number;
}

/** Reconstructions after an epoch, [images, height, width, channels] as bytes. */
export interface EpochPictures {
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

export interface TrainTrialOptions {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  /** Which figure of the test set is wanted as the score: `test_mse` where nothing else is said. */
  readonly metric?: string;
  /** Bytes of a checkpoint of the same trial, or null to start afresh. */
  readonly resume: Uint8Array | null;
  /** `tfjs` goes through tfjs where a static plan could be used: for comparisons, since a worker's numeric class names the plan. */
  readonly path?: ExecutionPath;
  readonly signal: AbortSignal;
  /** Stops after this epoch, unless it is the last one, as if it were aborted there. */
  readonly stopAfter?: number | undefined;
  /** Called at every yield, about 15 times a second. */
  readonly onProgress: (progress: TrainingProgress) => void;
  readonly onEpoch: (points: EpochPoint[]) => void;
  /** Gets the pictures of the epochs for which they are kept; none are made where nobody wants them. */
  readonly onPictures?: (pictures: EpochPictures) => void;
  /** Asked at every yield; where it says true, `onCheckpoint` gets the state. */
  readonly checkpointDue?: () => boolean;
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void;
  /**
   * Asked at every yield and, with `last`, after the last step; where it says true, `onPreview` gets what the weights of
   * this moment make of a few images.
   */
  readonly previewDue?: (last: boolean) => boolean;
  readonly onPreview?: (preview: Preview) => void;
  readonly yieldToLoop: YieldToLoop;
}

export interface TrainTrialResult {
  /** Flat vector in layout order. */
  readonly weights: Float32Array;
  /** Value of `metric`. */
  readonly score: number;
  /** Null where the spec holds no image out. */
  readonly validationMse: number | null;
  /** By how much that is above the error on as many images that were trained on; null likewise. */
  readonly overfitGap: number | null;
  /** Epochs trained: fewer than the spec's where its patience was over. */
  readonly epochs: number;
  /** The epoch whose weights these are: the last one, or the best where the spec asks for it. */
  readonly weightsEpoch: number;
  /** Further figures that only the one who trained can tell: times, and the like of `metric` on the validation images. */
  readonly measures: Readonly<Record<string, number>>;
  /** Images trained on in this call, so without those of a resumed checkpoint. */
  readonly images: number;
}

interface Run {
  readonly options: TrainTrialOptions;
  readonly engine: Engine;
  readonly plan: TrainingPlan;
  readonly state: TrainingState;
  readonly pause: Pause;
  images: number;
  /** Of the present weights, once they are judged. */
  errors: HeldOutErrors | null;
  epochStartedAt: number;
  epochImagesHere: number;
  /** Losses that the backend has not told yet, oldest first. */
  untold: { readonly loss: Promise<number>; readonly count: number; readonly step: number }[];
  sinceReport: { loss: number; images: number; startedAt: number };
}

/**
 * Trains one trial to its end and judges it on the test set. Resuming gives the same bits as never stopping, on
 * backends of one numeric class. Throws TrainingError (E_NAN_LOSS, E_CHECKPOINT_INVALID, E_SPLIT_EMPTY) and, once
 * `signal` is aborted or `stopAfter` is reached, Interrupted with an up-to-date checkpoint.
 */
export async function trainTrial(options: TrainTrialOptions): Promise<TrainTrialResult> {
  return options.spec.task === 'classify'
    ? trainClassification(options, (part) => trainAutoencoder(part, () => Promise.resolve(0)))
    : trainAutoencoder(options, async (run) => scoreOf(options, await judge(run, 'test')));
}

async function trainAutoencoder(
  options: TrainTrialOptions,
  scored: (run: Run) => Promise<number>,
): Promise<TrainTrialResult> {
  const run = startRun(options);
  try {
    await takeSteps(run);
    const epochs = epochsDone(run);
    const weightsEpoch = settleWeights(run);
    if (options.spec.final_weights === 'best') {
      options.onEpoch([{ epoch: epochs, name: 'weights_epoch', value: weightsEpoch }]);
    }
    await preview(run, true);
    const score = await scored(run);
    // A run that went back to its best weights, or was resumed after its last epoch, has not judged them in this call.
    const { validationMse, overfitGap, like: measures } = run.errors ?? (await validate(run));
    const weights = run.state.parameters.slice();
    return { weights, score, validationMse, overfitGap, epochs, weightsEpoch, measures, images: run.images };
  } finally {
    run.engine.close();
  }
}

async function takeSteps(run: Run): Promise<void> {
  const { options, state, plan, engine } = run;
  const fill = batchFiller(options.spec, options.dataset, plan, engine);
  for (;;) {
    // Also right after a resume: a run may have been interrupted between an epoch's last step and its report.
    const begun = state.epochImages > 0 || run.untold.length > 0;
    if (begun && state.step % plan.stepsPerEpoch === 0) await finishEpoch(run);
    if (isOver(run)) return;
    if (state.step === plan.stepsPerEpoch * (options.stopAfter ?? Infinity)) {
      await tellValidation(run);
      throw new Interrupted(await checkpointOf(run));
    }
    await takeStep(run, fill(state.step));
    if (await run.pause()) await report(run);
    if (options.signal.aborted) throw new Interrupted(await checkpointOf(run));
  }
}

const epochsDone = ({ state, plan }: Run): number => Math.floor(state.step / plan.stepsPerEpoch);

function isOver(run: Run): boolean {
  const { state, plan, options } = run;
  if (state.step === plan.steps) return true;
  return state.step % plan.stepsPerEpoch === 0 && patienceIsOver(options.spec, state.best, epochsDone(run));
}

/** Puts the weights of the best epoch back where the spec asks for them; the epoch of the weights that the trial ends with. */
function settleWeights(run: Run): number {
  const { state, engine } = run;
  const last = epochsDone(run);
  if (!state.best?.parameters || state.best.epoch === last) return last;
  state.parameters.set(state.best.parameters);
  engine.load();
  run.errors = null;
  return state.best.epoch;
}

function startRun(options: TrainTrialOptions): Run {
  const { spec, dataset, resume } = options;
  const { image } = dataset.manifest;
  const plan = trainingPlan(spec, dataset);
  const engine = openEngine(spec, image, spec.batch_size, options.path);
  const { parameters, memory } = engine;
  const state: TrainingState = { parameters, memory, step: 0, epochLoss: 0, epochImages: 0, best: null };
  if (resume) restore(state, decodeCheckpoint(resume, { spec, digest: dataset.digest }, parameters.length));
  else parameters.set(initialParameters(spec, image));
  engine.load();
  const now = performance.now();
  return {
    options,
    engine,
    plan,
    state,
    pause: pacer(options.yieldToLoop),
    images: 0,
    errors: null,
    epochStartedAt: now,
    epochImagesHere: 0,
    untold: [],
    sinceReport: { loss: 0, images: 0, startedAt: now },
  };
}

/** Copies a checkpoint's state into the engine's vectors. */
function restore(state: TrainingState, from: TrainingState): void {
  state.parameters.set(from.parameters);
  for (const [i, vector] of state.memory.entries()) vector.set(from.memory[i]!);
  state.step = from.step;
  state.epochLoss = from.epochLoss;
  state.epochImages = from.epochImages;
  state.best = from.best;
}

async function takeStep(run: Run, count: number): Promise<void> {
  const { engine, state, plan, options } = run;
  const { step } = state;
  const loss = engine.lossAndGradient(count);
  if (typeof loss === 'number') account(run, { loss, count, step });
  else await accountLater(run, { loss, count, step });
  state.step += 1;
  const rate = learningRate(options.spec, step, plan.steps);
  engine.update({ step: state.step, learningRate: rate });
}

function account(run: Run, { loss, count, step }: { loss: number; count: number; step: number }): void {
  if (!Number.isFinite(loss)) throw diverged(run, `loss became ${loss}`, step);
  const { state, sinceReport } = run;
  state.epochLoss += loss * count;
  state.epochImages += count;
  run.images += count;
  run.epochImagesHere += count;
  sinceReport.loss += loss * count;
  sinceReport.images += count;
}

/** The device works on while its losses are on their way; some steps later they are waited for, so that it stays near. */
async function accountLater(run: Run, told: Run['untold'][number]): Promise<void> {
  run.untold.push(told);
  told.loss.catch(() => undefined);
  if (run.untold.length > stepsAheadMax) await accountOldest(run);
}

async function accountAll(run: Run): Promise<void> {
  while (run.untold.length > 0) await accountOldest(run);
}

async function accountOldest(run: Run): Promise<void> {
  const oldest = run.untold.shift();
  if (oldest) account(run, { ...oldest, loss: await oldest.loss });
}

function diverged({ options, plan }: Run, what: string, step: number): TrainingError {
  const epoch = Math.floor(step / plan.stepsPerEpoch) + 1;
  return new TrainingError(
    'E_NAN_LOSS',
    `The ${options.spec.loss} ${what} at step ${step + 1} of ${plan.steps} (epoch ${epoch}); lower learning_rate ${options.spec.learning_rate}`,
  );
}

async function finishEpoch(run: Run): Promise<void> {
  const { state, plan, options } = run;
  await accountAll(run);
  await run.engine.save();
  const epoch = state.step / plan.stepsPerEpoch;
  const seconds = (performance.now() - run.epochStartedAt) / 1000;
  const points: EpochPoint[] = [
    { epoch, name: trainMetric(options.spec), value: state.epochLoss / state.epochImages },
    { epoch, name: 'images_per_second', value: run.epochImagesHere / Math.max(seconds, 1e-3) },
  ];
  // A rectifier can swallow a NaN, so that the loss alone does not show it.
  if (!isFiniteVector(state.parameters)) throw diverged(run, 'loss hid weights that are not finite', state.step);
  run.errors = await validate(run);
  state.epochLoss = 0;
  state.epochImages = 0;
  const { validationMse, overfitGap, like } = run.errors;
  state.best = bestAfter(options.spec, state.best, { epoch, validationMse, parameters: state.parameters });
  points.push(...heldOutPoints(epoch, { validationMse, like }));
  if (overfitGap !== null) points.push({ epoch, name: 'overfit_gap', value: overfitGap });
  options.onEpoch(points);
  if (options.onPictures && keepsPictures(epoch, options.spec.epochs)) {
    options.onPictures({ epoch, bytes: await epochPictures(run.engine, options) });
  }
  await report(run);
  run.epochStartedAt = performance.now();
  run.epochImagesHere = 0;
}

/** At a stop that was asked for: a run that was resumed right there has not told it in this call. */
async function tellValidation(run: Run): Promise<void> {
  if (run.errors !== null) return;
  run.errors = await validate(run);
  const points = heldOutPoints(epochsDone(run), run.errors);
  if (points.length > 0) run.options.onEpoch(points);
}

function heldOutPoints(epoch: number, { validationMse, like }: Omit<HeldOutErrors, 'overfitGap'>): EpochPoint[] {
  const others = Object.entries(like).map(([name, value]) => ({ epoch, name, value }));
  return validationMse === null ? [] : [{ epoch, name: 'validation_mse', value: validationMse }, ...others];
}

/** What training minimizes, by its name: loss and what is asked of the code are one sum, which is neither MSE nor BCE. */
const trainMetric = ({ code, loss }: TrialSpec): string => (code === 'plain' ? `train_${loss}` : 'train_objective');

interface HeldOutErrors extends Pick<TrainTrialResult, 'validationMse' | 'overfitGap'> {
  /** By name, the like of the wanted metric where that is no MSE. */
  readonly like: Readonly<Record<string, number>>;
}

async function validate(run: Run): Promise<HeldOutErrors> {
  if (run.options.spec.validation_images === 0) return { validationMse: null, overfitGap: null, like: {} };
  const { mse: validationMse, psnr, ssim } = await judge(run, 'validation');
  const likes: Readonly<Record<string, Readonly<Record<string, number>>>> = {
    test_psnr: { validation_psnr: psnr },
    test_ssim: { validation_ssim: ssim },
  };
  const like = likes[run.options.metric ?? ''] ?? {};
  return { validationMse, overfitGap: validationMse - (await judge(run, 'trained')).mse, like };
}

/** Interrupted carries the run's checkpoint, wherever the abort was noticed. */
async function judge(run: Run, split: Split): Promise<Likeness> {
  const { spec, dataset, yieldToLoop, signal, metric } = run.options;
  const similarity = split !== 'trained' && metric === 'test_ssim';
  try {
    return await judgeReconstructions(run.engine, { spec, dataset, split, similarity, yieldToLoop, signal });
  } catch (error) {
    if (error instanceof Interrupted) throw new Interrupted(await checkpointOf(run));
    throw error;
  }
}

function scoreOf({ metric = 'test_mse' }: TrainTrialOptions, { mse, psnr, ssim, auc }: Likeness): number {
  const reconstructed = { test_mse: mse, test_psnr: psnr, test_ssim: ssim };
  const known: Readonly<Record<string, number>> = auc === null ? reconstructed : { ...reconstructed, test_auc: auc };
  const score = known[metric];
  if (score !== undefined) return score;
  throw new TrainingError(
    'E_SPEC',
    `No ${metric} is computed for this task; there are ${Object.keys(known).join(', ')}`,
  );
}

async function report(run: Run): Promise<void> {
  await accountAll(run);
  const { options, state, plan, sinceReport } = run;
  const now = performance.now();
  const { loss, images, startedAt } = sinceReport;
  if (images === 0) return;
  options.onProgress({
    epoch: epochsDone(run),
    epochs: options.spec.epochs,
    fraction: state.step / plan.steps,
    loss: loss / images,
    imagesPerSecond: (1000 * images) / Math.max(now - startedAt, 1),
  });
  run.sinceReport = { loss: 0, images: 0, startedAt: now };
  if (options.onCheckpoint && options.checkpointDue?.()) options.onCheckpoint(await checkpointOf(run));
  await preview(run, false);
}

async function preview({ options, engine }: Run, last: boolean): Promise<void> {
  if (options.onPreview && options.previewDue?.(last)) options.onPreview(await previewOf(engine, options));
}

async function checkpointOf(run: Run): Promise<Checkpoint> {
  const { options, state } = run;
  await accountAll(run);
  await run.engine.save();
  const identity = { spec: options.spec, digest: options.dataset.digest };
  return { epoch: epochsDone(run), bytes: encodeCheckpoint(state, identity) };
}
