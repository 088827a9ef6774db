export const watchLimits = {
  lookMs: 2_500,
  /** Nothing of what waits to be sent has left for this long: the network is gone. */
  stuckMs: 15_000,
  /** A look that comes this late was slept through: the other end has given the connection up. */
  sleptMs: 20_000,
} as const;

export interface ConnectionWatch {
  lookedAt: number;
  buffered: number;
  stuckSince: number | null;
}

export const startWatch = (now: number): ConnectionWatch => ({ lookedAt: now, buffered: 0, stuckSince: null });

/** Why the connection must be dead, or null. `buffered`: bytes that wait to be sent; `now`: a clock that runs in sleep. */
export function look(
  watch: ConnectionWatch,
  { now, buffered }: { readonly now: number; readonly buffered: number },
): string | null {
  const gapMs = now - watch.lookedAt;
  const moves = buffered === 0 || buffered < watch.buffered;
  watch.lookedAt = now;
  watch.buffered = buffered;
  watch.stuckSince = moves ? null : (watch.stuckSince ?? now);
  if (gapMs > watchLimits.sleptMs) return 'the device was asleep';
  return watch.stuckSince !== null && now - watch.stuckSince > watchLimits.stuckMs ? 'nothing could be sent' : null;
}
