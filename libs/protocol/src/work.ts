import { z } from 'zod';
import { digest, leaseId, sweepId, trialId } from './ids.ts';
import { wireLimits } from './limits.ts';

/** A finite double. NaN and the infinities are refused wherever a number crosses the wire. */
export const finite = z.number();
export const count = z.int().min(0);
export const text = z.string().max(wireLimits.textCharsMax);
export const name = z.string().min(1).max(wireLimits.nameCharsMax);

/** A content-addressed blob: SHA-256 of its bytes and its length in bytes. */
export const artifactRef = z.strictObject({ sha256: digest, bytes: count });
export type ArtifactRef = z.infer<typeof artifactRef>;

/** Figures by name (`test_mse`, `test_accuracy`): of one trial, or means over the trials of a cell. */
export const measures = z
  .record(
    z
      .string()
      .max(wireLimits.nameCharsMax)
      .regex(/^[a-z][a-z0-9_]*$/),
    finite,
  )
  .refine((named) => Object.keys(named).length <= wireLimits.measuresMax, `at most ${wireLimits.measuresMax} measures`);
export type Measures = z.infer<typeof measures>;

/**
 * A trial's parameters as the wire sees them: a flat JSON object, read by `trialSpec` of libs/experiment.
 * The protocol does not know its keys, so that a new hyperparameter is no new protocol version.
 */
export const specJson = z
  .record(z.string().max(wireLimits.nameCharsMax), z.json())
  .refine((spec) => Object.keys(spec).length <= wireLimits.specKeysMax, `at most ${wireLimits.specKeysMax} keys`);
export type SpecJson = z.infer<typeof specJson>;

/** Where a trial stood when it last stored its state: whole epochs done, and the blob that holds the rest. */
export const checkpointRef = z.strictObject({ epoch: count, artifact: artifactRef, numericClass: text });
export type CheckpointRef = z.infer<typeof checkpointRef>;

/** Stretch of a trial trained by one worker: provenance, and whether the run is bit-exact (one numeric class). */
export const segment = z.strictObject({
  worker: z.string().max(wireLimits.nameCharsMax),
  fromEpoch: count,
  toEpoch: count,
  numericClass: text,
});
export type Segment = z.infer<typeof segment>;

/** What a trial had on its validation images where it stopped at a rung of its sweep's early termination: the figure that `rungMetric` names. */
export const rungFigure = z.strictObject({ epoch: count.min(1), validation: finite });
export type RungFigure = z.infer<typeof rungFigure>;

export const baselineKind = z.enum(['mean_image', 'identity', 'pca', 'linear']);
/** mean_image: the train mean; identity: doing nothing; pca: rank-k PCA; linear: best rank-k linear denoiser. */
export type BaselineKind = z.infer<typeof baselineKind>;
export const baselineTask = z.strictObject({ baseline: baselineKind, latent: count.nullable(), noise: finite });
export type BaselineTask = z.infer<typeof baselineTask>;
export const baselineValue = z.strictObject({ ...baselineTask.shape, testMse: finite });
export type BaselineValue = z.infer<typeof baselineValue>;

const separation = z.strictObject({ silhouette: finite, neighbourAccuracy: finite });
/**
 * How far classes lie apart in the codes themselves and on two maps of them: mean silhouette (-1 to 1), and the share of codes
 * whose nearest neighbours vote for their class.
 */
export const codeSeparation = z.strictObject({ codes: separation, pca: separation, tsne: separation });
export type CodeSeparation = z.infer<typeof codeSeparation>;

/** What a lease asks for. `dataset` is the digest of the data set's manifest. */
export const work = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('train'),
    sweepId,
    trialId,
    spec: specJson,
    dataset: digest,
    /** What the sweep ranks by: the figure to claim. */
    metric: name,
    /** Attempt number of the trial, from 1. */
    attempt: count,
    resume: checkpointRef.nullable(),
    /** A rung: release after this epoch, with a checkpoint and the validation figure there. Absent where it trains to its end. */
    stopAfter: count.min(1).optional(),
    /** True for a speculative copy of a trial that another worker also trains. */
    copy: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('verify'),
    sweepId,
    trialId,
    spec: specJson,
    dataset: digest,
    metric: name,
    weights: artifactRef,
  }),
  z.strictObject({
    kind: z.literal('baseline'),
    sweepId,
    dataset: digest,
    datasetName: name,
    tasks: z.array(baselineTask).min(1).max(wireLimits.baselineValuesMax),
  }),
  z.strictObject({
    kind: z.literal('embed'),
    sweepId,
    trialId,
    spec: specJson,
    dataset: digest,
    weights: artifactRef,
  }),
  z.strictObject({
    kind: z.literal('validate'),
    sweepId,
    trialId,
    spec: specJson,
    dataset: digest,
    /** Whole epochs that the pooled run had done. */
    epoch: count.min(1),
    /** As they were then: raw float32, as weights are. */
    parameters: artifactRef,
  }),
  z.strictObject({
    kind: z.literal('micro'),
    sweepId,
    trialId,
    spec: specJson,
    dataset: digest,
    /** The step that the gradients are for, from 0. */
    round: count,
    /** Micro-batches `from` to `to` - 1 of the round. */
    from: count,
    to: count,
    /** The round's parameters: raw float32, as weights are. Null where they came before, as `parameters` messages. */
    parameters: artifactRef.nullable(),
    /** True for a second lease of the same micro-batches. */
    copy: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('lane'),
    sweepId,
    trialId,
    spec: specJson,
    dataset: digest,
    round: count,
    /** Whose moments to go on with: those that this worker has kept of the lane, else fresh ones. */
    lane: count,
    /** Place of the first image in the trial's stream, and steps to take: fewer where `msMax` of computing are over. */
    first: count,
    steps: count,
    msMax: count,
    /** Images that had counted when the round began, and those that it is to take: the learning rate goes by them. */
    done: count,
    planned: count,
    /** The round's parameters: raw float32, as weights are. Null where they came before, as `parameters` messages. */
    parameters: artifactRef.nullable(),
    /** The way there from the parameters of earlier rounds, oldest first: whoever has those needs no more. */
    changes: z.array(z.strictObject({ from: digest, change: artifactRef })).max(wireLimits.changesMax),
  }),
]);
export type Work = z.infer<typeof work>;
export type WorkKind = Work['kind'];

/** Names a lease: its id, and the fencing token that grows with every lease of the same trial. */
export const leaseKey = z.strictObject({ leaseId, fence: count });
export type LeaseKey = z.infer<typeof leaseKey>;

export const metricPoint = z.strictObject({ epoch: count, name, value: finite });
export type MetricPoint = z.infer<typeof metricPoint>;

/** What a finished lease returns; `kind` matches the work's. Durations in ms. */
export const outcome = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('train'),
    /** The worker's own claim of the work's metric, recomputed by the evaluator. */
    score: finite,
    /** Figures that only the one who trained can tell, such as times: the worker's word. */
    measures: measures.optional(),
    validationMse: finite.nullable(),
    weights: artifactRef,
    segments: z.array(segment).min(1).max(1_000),
    images: count,
    durationMs: count,
  }),
  z.strictObject({
    kind: z.literal('verify'),
    /** Null where the weights could not be judged (wrong shape, not finite); `reason` then says why. */
    score: finite.nullable(),
    /** What else was computed on the way, the score among it. */
    measures,
    /** What is no single number, as JSON: uploaded before. */
    details: artifactRef.nullable(),
    reason: text.nullable(),
    durationMs: count,
  }),
  z.strictObject({
    kind: z.literal('baseline'),
    values: z.array(baselineValue).max(wireLimits.baselineValuesMax),
    durationMs: count,
  }),
  z.strictObject({
    kind: z.literal('embed'),
    /** The map as libs/experiment writes it. */
    map: artifactRef,
    points: count,
    separation: codeSeparation,
    durationMs: count,
  }),
  z.strictObject({
    kind: z.literal('validate'),
    validationMse: finite,
    durationMs: count,
  }),
  z.strictObject({
    kind: z.literal('micro'),
    round: count,
    /** Sum of the lease's gradients in fixed point, packed. Null where it came before, as `vector` messages. */
    sum: artifactRef.nullable(),
    /** Mean loss per image of the lease. */
    loss: finite,
    images: count,
    durationMs: count,
  }),
  z.strictObject({
    kind: z.literal('lane'),
    round: count,
    /** What the steps changed in the parameters, encoded by the spec's codec. Null as with a sum. */
    delta: artifactRef.nullable(),
    /** Mean loss per image. */
    loss: finite,
    images: count,
    durationMs: count,
  }),
]);
export type Outcome = z.infer<typeof outcome>;
