import { z } from 'zod';
import { digest, sweepId, trialId, workerId } from './ids.ts';
import { wireLimits } from './limits.ts';
import { count, finite, measures, metricPoint, name, specJson, text } from './work.ts';
import {
  attemptView,
  embeddingView,
  epochPictures,
  leaderboard,
  placement,
  roomState,
  roomStats,
  sweepState,
  sweepView,
  trialView,
  workerView,
} from './views.ts';

/**
 * Bodies and answers of the coordinator's HTTP API. Requests are strict, so that a misspelt field is refused; answers are
 * open, so that an older client reads a newer coordinator. Paths and roles stand in SPEC.md.
 */
export const httpLimits = {
  /** A JSON body: sweep files are small. */
  jsonBytesMax: 1_048_576,
  /** One artifact (weights or a checkpoint with its Adam moments). */
  artifactBytesMax: 256 * 1_048_576,
} as const;

/** Every answer that is not 2xx. `code` is one of `errorCodes`, or an `E_SWEEP_…` of libs/experiment. */
export const apiError = z.object({ code: name, message: text });
export type ApiError = z.infer<typeof apiError>;

/** Roles by token, each may do what those before it may. */
export const role = z.enum(['viewer', 'join', 'trusted', 'admin']);
export type Role = z.infer<typeof role>;

/** True where a token of role `has` may do what needs `needed`. */
export const roleAllows = (has: Role, needed: Role): boolean =>
  role.options.indexOf(has) >= role.options.indexOf(needed);

/** GET /api/health: the process runs. */
export const healthAnswer = z.object({
  status: z.literal('ok'),
  codeVersion: text,
  protocolVersion: count,
  uptimeMs: count,
});
export type HealthAnswer = z.infer<typeof healthAnswer>;

/** GET /api/ready: 200 `ready`, or 503 with why not. */
export const readyAnswer = z.object({
  status: z.enum(['ready', 'starting', 'draining', 'broken']),
  reason: text.nullable(),
});
export type ReadyAnswer = z.infer<typeof readyAnswer>;

/**
 * GET /api/room: which room this is, what the token that asks may do, and by which links others come in. `urls` are the
 * addresses of the coordinator, the likeliest for other machines first; `links` stand in the same order, and those of a
 * role above the asker's are left out. `secure`: HTTPS.
 */
export const roomAnswer = z.object({
  roomName: name,
  codeVersion: text,
  role,
  secure: z.boolean(),
  urls: z.array(z.url()),
  links: z.object({ join: z.array(z.url()), viewer: z.array(z.url()) }),
});
export type RoomAnswer = z.infer<typeof roomAnswer>;

/** POST /api/sweeps: the sweep file's text, or the same already parsed. */
export const submitBody = z.union([
  z.strictObject({ yaml: z.string().min(1).max(httpLimits.jsonBytesMax) }),
  z.strictObject({ spec: z.record(z.string(), z.json()) }),
]);
export type SubmitBody = z.infer<typeof submitBody>;

/** `created` is false where the same sweep (by canonical spec and data) was there already. */
export const submitAnswer = z.object({ sweepId, created: z.boolean(), cells: count, trials: count });
export type SubmitAnswer = z.infer<typeof submitAnswer>;

/** POST /api/sweeps?dryRun=true: nothing is stored. `estimateMs` is null while no worker has told its speed. */
export const dryRunAnswer = z.object({ cells: count, trials: count, seeds: count, estimateMs: count.nullable() });
export type DryRunAnswer = z.infer<typeof dryRunAnswer>;

/** POST /api/sweeps/:id/extend: values to add to swept parameters, and the new count of seeds. */
export const extendBody = z.strictObject({
  parameters: z.record(z.string().max(wireLimits.nameCharsMax), z.array(z.json()).min(1).max(1_000)).optional(),
  seeds: z.int().min(1).max(10_000).optional(),
});
export type ExtendBody = z.infer<typeof extendBody>;

export const extendAnswer = z.object({ sweepId, trialsAdded: count, cells: count, trials: count });
export type ExtendAnswer = z.infer<typeof extendAnswer>;

export const sweepCommand = z.enum(['pause', 'resume', 'cancel']);
export type SweepCommand = z.infer<typeof sweepCommand>;

/** POST /api/sweeps/:id/{pause|resume|cancel}. */
export const commandAnswer = z.object({ sweepId, state: sweepState });
export type CommandAnswer = z.infer<typeof commandAnswer>;

/** GET /api/sweeps; GET /api/sweeps/:id answers one `sweepView`. */
export const sweepsAnswer = z.object({ sweeps: z.array(sweepView) });
export type SweepsAnswer = z.infer<typeof sweepsAnswer>;

/** GET /api/sweeps/:id/trials, with `?cell=:cellId` those of one cell; GET /api/trials/:id answers one `trialView`. */
export const trialsAnswer = z.object({ trials: z.array(trialView) });
export type TrialsAnswer = z.infer<typeof trialsAnswer>;

/** GET /api/trials/:id/attempts, oldest first. */
export const attemptsAnswer = z.object({ attempts: z.array(attemptView) });
export type AttemptsAnswer = z.infer<typeof attemptsAnswer>;

/**
 * GET /api/trials/:id/reconstructions: the first `images` test images, clean and under the noise that the trial is judged
 * by, and where their reconstructions after each kept epoch are (GET /api/artifacts/:sha256). All pictures are bytes 0 to
 * 255, [images, height, width, channels]; the inputs come in base64.
 */
export const reconstructionsAnswer = z.object({
  images: count,
  image: z.object({ height: count, width: count, channels: count }),
  noise: finite,
  inputs: z.object({ clean: z.base64(), noisy: z.base64() }),
  epochs: z.array(epochPictures),
});
export type ReconstructionsAnswer = z.infer<typeof reconstructionsAnswer>;

/** GET /api/trials/:id/metrics, in order of attempt, epoch and name. */
export const metricsAnswer = z.object({ points: z.array(z.object({ attempt: count, ...metricPoint.shape })) });
export type MetricsAnswer = z.infer<typeof metricsAnswer>;

/** POST /api/trials/:id/embedding: the trial's embedding, or null where it is on its way; viewers then see it with the trial. */
export const embeddingAnswer = z.object({ trialId, embedding: embeddingView.nullable() });
export type EmbeddingAnswer = z.infer<typeof embeddingAnswer>;

/** POST /api/workers/:id/remove: its work goes back, and it stays out until the room is opened again. */
export const removeAnswer = z.object({ workerId, name });
export type RemoveAnswer = z.infer<typeof removeAnswer>;

export const roomCommand = z.enum(['end', 'open']);
export type RoomCommand = z.infer<typeof roomCommand>;

/** POST /api/room/{end|open}: the room's state now, and the sweeps that wait for it to open. */
export const roomCommandAnswer = z.object({ state: roomState, pausedSweeps: z.array(sweepId) });
export type RoomCommandAnswer = z.infer<typeof roomCommandAnswer>;

/** GET /api/workers. */
export const workersAnswer = z.object({ workers: z.array(workerView) });
export type WorkersAnswer = z.infer<typeof workersAnswer>;

/** GET /api/stats. */
export const statsAnswer = z.object({ ...roomStats.shape, protocolVersion: count, codeVersion: text });
export type StatsAnswer = z.infer<typeof statsAnswer>;

/** One verified trial with what it takes to repeat it; a row of the CSV export has the same columns, each measure one of its own. */
export const exportRow = z.object({
  sweep: name,
  parameters: specJson,
  seed: count,
  metric: name,
  score: finite,
  claimedScore: finite.nullable(),
  measures,
  validationMse: finite.nullable(),
  specHash: digest,
  codeVersion: text,
  dataset: digest,
  weightsSha256: digest.nullable(),
  worker: workerId.nullable(),
  verifiedBy: workerId.nullable(),
  backend: text.nullable(),
  numericClass: text.nullable(),
  placement,
  bitExact: z.boolean(),
  durationMs: count.nullable(),
  attempts: count,
});
export type ExportRow = z.infer<typeof exportRow>;

/** GET /api/sweeps/:id/export?format=json. */
export const exportAnswer = z.object({ sweep: sweepView, leaderboard, trials: z.array(exportRow) });
export type ExportAnswer = z.infer<typeof exportAnswer>;

/** PUT /api/artifacts/:sha256: 201 where the bytes are new, 200 where they were there. */
export const artifactAnswer = z.object({ sha256: digest, bytes: count, created: z.boolean() });
export type ArtifactAnswer = z.infer<typeof artifactAnswer>;
