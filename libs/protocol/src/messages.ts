import { z } from 'zod';
import { sweepId, trialId, workerId } from './ids.ts';
import { wireLimits } from './limits.ts';
import { checkpointRef, count, finite, leaseKey, metricPoint, name, outcome, rungFigure, text, work } from './work.ts';
import { epochPictures, leaderboardRow, roomState, roomStats, sweepView, trialView, workerView } from './views.ts';

/** How a worker describes itself in its first message. */
export const workerHello = z.strictObject({
  name,
  kind: z.enum(['train', 'evaluate']),
  platform: name,
  backend: text,
  numericClass: text,
  /** Measured at start: floating-point operations per second of a training step. */
  flopsPerSecond: finite.min(0),
  /** Leases it can work on at a time. */
  slots: z.int().min(1).max(wireLimits.leasesPerWorkerMax),
  codeVersion: text,
  /** From an earlier welcome; null at the first meeting. The coordinator then issues an identity. */
  identity: z.strictObject({ workerId, secret: z.string().max(128) }).nullable(),
  /** Leases it still works on after a lost connection. */
  held: z.array(leaseKey).max(wireLimits.leasesPerWorkerMax),
});
export type WorkerHello = z.infer<typeof workerHello>;

/** By its shape: a codec's bytes may come from another realm than this module. */
const bytesUpTo = (most: number) =>
  z.custom<Uint8Array>(
    (value) => ArrayBuffer.isView(value) && value.byteLength >= 1 && value.byteLength <= most,
    `expected 1 to ${most} bytes`,
  );
const pictureBytes = bytesUpTo(wireLimits.pictureBytesMax);

/** Consecutive bytes of a vector that has `total`. Parts come in order. */
const vectorPart = {
  total: count.min(1).max(wireLimits.vectorBytesMax),
  offset: count,
  bytes: bytesUpTo(wireLimits.vectorPartBytesMax),
};

const versions = z.strictObject({ min: count, max: count });

/** Everything a client may say. SPEC.md lists each with its rules. */
export const clientMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), versions, role: z.literal('worker'), worker: workerHello }),
  z.strictObject({ type: z.literal('watch'), versions }),
  z.strictObject({ type: z.literal('pull'), want: z.int().min(0).max(wireLimits.leasesPerWorkerMax) }),
  z.strictObject({
    type: z.literal('heartbeat'),
    leases: z.array(leaseKey).max(wireLimits.leasesPerWorkerMax),
  }),
  z.strictObject({
    type: z.literal('progress'),
    lease: leaseKey,
    epoch: count,
    epochs: count,
    fraction: finite.min(0).max(1),
    loss: finite.nullable(),
    imagesPerSecond: finite.min(0),
    /** Whole points of finished epochs, each sent once. */
    points: z.array(metricPoint).max(wireLimits.pointsMax),
  }),
  /** Reconstructions of the first test images after an epoch, [images, height, width, channels], 0 to 255. */
  z.strictObject({ type: z.literal('pictures'), lease: leaseKey, epoch: count.min(1), bytes: pictureBytes }),
  z.strictObject({ type: z.literal('checkpoint'), lease: leaseKey, checkpoint: checkpointRef }),
  /** Of what the next `result` of this lease is about. */
  z.strictObject({ type: z.literal('vector'), lease: leaseKey, ...vectorPart }),
  z.strictObject({ type: z.literal('result'), lease: leaseKey, outcome }),
  /** Hand-back: the work stops here and may go on elsewhere, from `checkpoint` where there is one. */
  z.strictObject({
    type: z.literal('release'),
    lease: leaseKey,
    reason: text,
    checkpoint: checkpointRef.nullable(),
    /** Where the work asked for a stop, and this is it. */
    rung: rungFigure.optional(),
  }),
  z.strictObject({ type: z.literal('failed'), lease: leaseKey, code: name, message: text }),
  z.strictObject({ type: z.literal('bye'), reason: text }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;

/** Everything the coordinator may say. */
export const serverMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('welcome'),
    version: count,
    workerId,
    /** Present once, when the identity is issued; the client keeps it. */
    secret: z.string().max(128).nullable(),
    heartbeatMs: count,
    leaseMs: count,
    codeVersion: text,
  }),
  /** A round's parameters: whole, or what changed since the round `from`. */
  z.strictObject({ type: z.literal('parameters'), trialId, round: count, from: count.nullable(), ...vectorPart }),
  z.strictObject({ type: z.literal('lease'), lease: leaseKey, leaseMs: count, work }),
  /** Answer to `result`, `release` and `failed`. A refusal is a value: `code` says why. */
  z.strictObject({
    type: z.literal('settled'),
    lease: leaseKey,
    accepted: z.boolean(),
    code: name.nullable(),
    message: text.nullable(),
  }),
  /** Stop working on a lease: it expired, its sweep was paused or cancelled, or a copy finished first. */
  z.strictObject({
    type: z.literal('revoke'),
    lease: leaseKey,
    code: name,
    message: text,
    /** True where the worker should first store a checkpoint and release (a pause). */
    checkpointFirst: z.boolean(),
  }),
  /** The lesson is over, or goes on: said when that changes, and after `welcome` while it is over. */
  z.strictObject({ type: z.literal('room'), state: roomState, message: text }),
  /** What a worker has done that was verified, in all its time here; sent after `welcome` and whenever it grows. */
  z.strictObject({
    type: z.literal('credited'),
    trialsCompleted: count,
    trialsRejected: count,
    epochsVerified: count,
    imagesVerified: count,
  }),
  z.strictObject({
    type: z.literal('snapshot'),
    version: count,
    sweeps: z.array(sweepView),
    workers: z.array(workerView),
    stats: roomStats,
  }),
  z.strictObject({
    type: z.literal('changes'),
    sweeps: z.array(sweepView).max(wireLimits.viewRowsMax),
    workers: z.array(workerView).max(wireLimits.viewRowsMax),
    trials: z.array(trialView).max(wireLimits.viewRowsMax),
    cells: z.array(z.strictObject({ sweepId, row: leaderboardRow })).max(wireLimits.viewRowsMax),
    points: z.array(z.strictObject({ trialId, attempt: count, point: metricPoint })).max(wireLimits.viewRowsMax),
    /** Pictures that are there now, by epoch: GET /api/artifacts/:sha256. */
    pictures: z.array(z.strictObject({ trialId, ...epochPictures.shape })).max(wireLimits.viewRowsMax),
    stats: roomStats,
  }),
  z.strictObject({ type: z.literal('error'), code: name, message: text }),
  /** The coordinator is stopping in an orderly way; reconnect after `reconnectMs`. */
  z.strictObject({ type: z.literal('closing'), reconnectMs: count, message: text }),
]);
export type ServerMessage = z.infer<typeof serverMessage>;

export type MessageOf<Type extends ServerMessage['type'] | ClientMessage['type']> = Extract<
  ServerMessage | ClientMessage,
  { type: Type }
>;
