/**
 * Exponential back-off with jitter: `firstMs` doubling to `maxMs`, of which a random half is taken off, so that many
 * workers that lost the same coordinator do not come back in step. `attempt` counts from 0, `random` is in [0, 1).
 */
export function backoffMs(pace: {
  readonly attempt: number;
  readonly firstMs: number;
  readonly maxMs: number;
  readonly random: number;
}): number {
  const whole = Math.min(pace.maxMs, pace.firstMs * 2 ** Math.min(pace.attempt, 30));
  return Math.round(whole * (0.5 + 0.5 * pace.random));
}
