import type { TrialSpec } from '@gradpool/experiment';
import { rungMetric, type CheckpointRef, type MetricPoint, type Outcome, type RungFigure } from '@gradpool/protocol';
import { parameterBytes } from '@gradpool/tensors';
import { checkpointIsDue, sendingEnded, sendingStarted, startPace, type CheckpointPace } from './checkpoint-pace.ts';
import type { EngineCheckpoint, Trained } from './engine.ts';
import { checkpointIn } from './engine-failure.ts';
import { fetchArtifact, storeArtifact } from './transfer.ts';
import { failureOf } from './work-error.ts';
import { readSpec, type LeaseCalls, type LeaseEnd, type WorkOf, type Workshop } from './workshop.ts';

interface Training<Dataset> {
  readonly shop: Workshop<Dataset>;
  readonly work: WorkOf<'train'>;
  readonly calls: LeaseCalls;
  /** The validation figure where the work asks for a stop, once it is there. */
  rung: RungFigure | null;
}

/**
 * Trains a trial from its start or its last checkpoint, sends checkpoints in the background, and stores the weights before
 * it claims a result. A stop that is no drop, or that the work asks for, stores where it stands and hands the trial back.
 */
export async function trainLease<Dataset>(
  shop: Workshop<Dataset>,
  work: WorkOf<'train'>,
  calls: LeaseCalls,
): Promise<LeaseEnd> {
  const startedAt = shop.platform.now();
  const training: Training<Dataset> = { shop, work, calls, rung: null };
  try {
    const spec = readSpec(work.spec);
    const { fromEpoch, trained } = await train(training, spec);
    const durationMs = () => Math.round(shop.platform.now() - startedAt);
    const outcome = await claim(training, { spec, fromEpoch, trained, durationMs });
    return { type: 'finished', outcome, vector: null };
  } catch (error) {
    const checkpoint = checkpointIn(error);
    const { rung } = training;
    if (!calls.stop.aborted && (checkpoint === null || rung === null)) throw error;
    const stored = checkpoint && (await storeLast(shop, checkpoint, calls.drop));
    return { type: 'handedBack', checkpoint: stored, ...(rung && { rung }) };
  }
}

async function train<Dataset>(
  training: Training<Dataset>,
  spec: TrialSpec,
): Promise<{ readonly fromEpoch: number; readonly trained: Trained }> {
  const { shop, work, calls } = training;
  const dataset = await shop.dataset(work.dataset, calls.stop);
  const resume = await resumeBytes(training);
  const run = (bytes: Uint8Array | null): Promise<Trained> => runEngine(training, { spec, dataset, bytes });
  try {
    return { fromEpoch: resume ? (work.resume?.epoch ?? 0) : 0, trained: await run(resume) };
  } catch (error) {
    if (!resume || failureOf(error).code !== 'E_CHECKPOINT_INVALID') throw error;
    shop.platform.log('warn', `training from the start: ${failureOf(error).message}`);
    return { fromEpoch: 0, trained: await run(null) };
  }
}

/** [K3] A checkpoint that is gone costs its work, not the trial: the same bits come out from the start. */
async function resumeBytes<Dataset>({ shop, work, calls }: Training<Dataset>): Promise<Uint8Array | null> {
  if (!work.resume) return null;
  try {
    return await fetchArtifact(shop, work.resume.artifact, calls.stop);
  } catch (error) {
    const { code, message } = failureOf(error);
    if (code !== 'E_ARTIFACT_MISSING' && code !== 'E_ARTIFACT_DIGEST') throw error;
    shop.platform.log('warn', `training from the start: ${code}: ${message}`);
    return null;
  }
}

async function runEngine<Dataset>(
  training: Training<Dataset>,
  task: { readonly spec: TrialSpec; readonly dataset: Dataset; readonly bytes: Uint8Array | null },
): Promise<Trained> {
  const { shop, work, calls } = training;
  const { platform, engine, limits } = shop;
  const pace = startPace(platform.now(), limits);
  const sending = new AbortController();
  try {
    return await engine.trainTrial({
      spec: task.spec,
      metric: work.metric,
      dataset: task.dataset,
      resume: task.bytes,
      signal: calls.stop,
      stopAfter: work.stopAfter,
      onProgress: (position) => {
        calls.moved(position);
      },
      onEpoch: (points) => {
        training.rung = rungIn(points, work) ?? training.rung;
        calls.epochEnded(points);
      },
      onPictures: (pictures) => {
        calls.pictured(pictures);
      },
      checkpointDue: () => checkpointIsDue(pace, platform.now()),
      onCheckpoint: (checkpoint) => void sendCheckpoint(shop, { pace, checkpoint, calls, signal: sending.signal }),
      previewDue: (last) => calls.previewDue(last),
      onPreview: (preview) => {
        calls.previewed(preview);
      },
      yieldToLoop: () => platform.yieldToLoop(),
    });
  } finally {
    // Whatever comes next is newer than a checkpoint that is still on its way.
    sending.abort();
  }
}

function rungIn(points: readonly MetricPoint[], { stopAfter, metric }: WorkOf<'train'>): RungFigure | null {
  // Whatever the goal is, the name is the same.
  const wanted = rungMetric({ metric, goal: 'minimize' }).name;
  const point = points.find(({ epoch, name }) => epoch === stopAfter && name === wanted);
  return point ? { epoch: point.epoch, validation: point.value } : null;
}

interface Claim {
  readonly spec: TrialSpec;
  readonly fromEpoch: number;
  readonly trained: Trained;
  readonly durationMs: () => number;
}

async function claim<Dataset>({ shop, calls }: Training<Dataset>, done: Claim): Promise<Outcome> {
  const { score, validationMse, images, weights: flat } = done.trained;
  const measures = { ...done.trained.measures };
  const { numericClass } = shop.backend;
  const segment = { worker: shop.workerId(), fromEpoch: done.fromEpoch, toEpoch: done.trained.epochs, numericClass };
  const weights = await storeArtifact(shop, parameterBytes(flat), {
    signal: calls.drop,
    attemptsMax: shop.limits.resultAttemptsMax,
  });
  const claimed = { kind: 'train', score, measures, validationMse, weights } as const;
  return { ...claimed, segments: [segment], images, durationMs: done.durationMs() };
}

interface Sending {
  readonly pace: CheckpointPace;
  readonly checkpoint: EngineCheckpoint;
  readonly calls: LeaseCalls;
  readonly signal: AbortSignal;
}

/** In the background; one that fails is not missed, since the next follows. */
async function sendCheckpoint<Dataset>(shop: Workshop<Dataset>, sending: Sending): Promise<void> {
  const { pace, checkpoint, calls, signal } = sending;
  const { platform, limits } = shop;
  const startedAt = platform.now();
  sendingStarted(pace);
  try {
    calls.checkpointStored(await store(shop, checkpoint, signal));
  } catch (error) {
    if (!signal.aborted) platform.log('warn', `checkpoint not stored: ${failureOf(error).message}`);
  } finally {
    sendingEnded(pace, { startedAt, now: platform.now() }, limits);
  }
}

async function store<Dataset>(
  shop: Workshop<Dataset>,
  { epoch, bytes }: EngineCheckpoint,
  signal: AbortSignal,
): Promise<CheckpointRef> {
  const artifact = await storeArtifact(shop, bytes, { signal, attemptsMax: shop.limits.checkpointAttemptsMax });
  return { epoch, artifact, numericClass: shop.backend.numericClass };
}

/** The state of an interrupted run; null where it cannot be stored: then an older one has to do. */
async function storeLast<Dataset>(
  shop: Workshop<Dataset>,
  checkpoint: EngineCheckpoint,
  drop: AbortSignal,
): Promise<CheckpointRef | null> {
  try {
    return drop.aborted ? null : await store(shop, checkpoint, drop);
  } catch (error) {
    if (!drop.aborted) shop.platform.log('warn', `last checkpoint not stored: ${failureOf(error).message}`);
    return null;
  }
}
