import type { PooledRunView } from './views.ts';

/** Share of what its workers compute in their leases that the run as a whole gets done, 0 to 1; null before it is measured. */
export function shareOfSpeed({ imagesPerSecond, helpers }: PooledRunView): number | null {
  const summed = helpers.reduce((sum, helper) => sum + helper.imagesPerSecond, 0);
  return imagesPerSecond > 0 && summed > 0 ? Math.min(1, imagesPerSecond / summed) : null;
}
