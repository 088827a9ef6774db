import type { WorkerLimits } from './worker-limits.ts';

/** Decides when a lease's next checkpoint is due; times in ms on the platform's clock. */
export interface CheckpointPace {
  dueAt: number;
  /** A checkpoint is being sent: no other one is made meanwhile. */
  sending: boolean;
}

type PaceLimits = Pick<WorkerLimits, 'firstCheckpointMs' | 'checkpointMs' | 'checkpointUplinkShare'>;

export const startPace = (now: number, limits: PaceLimits): CheckpointPace => ({
  dueAt: now + Math.min(limits.firstCheckpointMs, limits.checkpointMs),
  sending: false,
});

export const checkpointIsDue = (pace: CheckpointPace, now: number): boolean => !pace.sending && now >= pace.dueAt;

export function sendingStarted(pace: CheckpointPace): void {
  pace.sending = true;
}

/** The next one is due an interval after this one started, and late enough that sending stays a tenth of the time. */
export function sendingEnded(
  pace: CheckpointPace,
  times: { startedAt: number; now: number },
  limits: PaceLimits,
): void {
  const tookMs = times.now - times.startedAt;
  pace.sending = false;
  pace.dueAt = times.startedAt + Math.max(limits.checkpointMs, tookMs * limits.checkpointUplinkShare);
}
