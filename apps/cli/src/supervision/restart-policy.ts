import { exitCode } from '../exit-codes.ts';

/** How a supervised process may be started again after it died unexpectedly. */
const restartLimits = {
  restartsMax: 5,
  windowMs: 10 * 60_000,
  firstDelayMs: 500,
  delayMaxMs: 15_000,
} as const;

/** How a process ended: an exit code, or the signal that killed it. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

export type RestartDecision =
  { readonly restart: true; readonly delayMs: number } | { readonly restart: false; readonly reason: string };

/**
 * Whether to start a process again, and when. `restartedAt` holds the times of earlier restarts in ms, any order.
 * An exit with `exitCode.config` is never repeated: the same start would fail again.
 */
export function decideRestart(ending: Ending, restartedAt: readonly number[], nowMs: number): RestartDecision {
  if (ending.code === exitCode.config) return { restart: false, reason: 'the same start would fail again' };
  const recent = restartedAt.filter((at) => nowMs - at < restartLimits.windowMs).length;
  if (recent >= restartLimits.restartsMax) {
    const minutes = restartLimits.windowMs / 60_000;
    return { restart: false, reason: `it was started again ${recent} times within ${minutes} minutes` };
  }
  return { restart: true, delayMs: Math.min(restartLimits.delayMaxMs, restartLimits.firstDelayMs * 2 ** recent) };
}

export const describeEnding = ({ code, signal }: Ending): string =>
  signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`;
