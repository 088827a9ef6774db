import type { Outcome } from '@gradpool/protocol';
import { fixedPointBytes } from '@gradpool/tensors';
import { storeArtifact } from './transfer.ts';
import { readSpec, type LeaseCalls, type WorkOf, type Workshop } from './workshop.ts';

/** Some micro-batches of a pooled round: fetches the round's parameters, sums the gradients, stores the sum. */
export async function microLease<Dataset>(
  shop: Workshop<Dataset>,
  work: WorkOf<'micro'>,
  { stop, drop }: LeaseCalls,
): Promise<Outcome> {
  const { platform, engine, limits } = shop;
  const startedAt = platform.now();
  const spec = readSpec(work.spec);
  const dataset = await shop.dataset(work.dataset, stop);
  const parameters = await shop.parameters(work.parameters, stop);
  const { round, from, to } = work;
  const yieldToLoop = (): Promise<void> => platform.yieldToLoop();
  const computed = await engine.computeMicroBatches({
    ...{ spec, dataset, parameters, round, from, to },
    ...{ signal: stop, yieldToLoop },
  });
  const patience = { signal: drop, attemptsMax: limits.fetchAttemptsMax };
  const sum = await storeArtifact(shop, fixedPointBytes(computed.sum), patience, 'round');
  const { loss, images } = computed;
  return { kind: 'micro', round, sum, loss, images, durationMs: Math.round(platform.now() - startedAt) };
}
