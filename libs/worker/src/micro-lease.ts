import { handIn } from './transfer.ts';
import { readSpec, type Answer, type LeaseCalls, type WorkOf, type Workshop } from './workshop.ts';

/** Some micro-batches of a pooled round: sums their gradients at the round's parameters. */
export async function microLease<Dataset>(
  shop: Workshop<Dataset>,
  work: WorkOf<'micro'>,
  { stop, drop }: LeaseCalls,
): Promise<Answer> {
  const { platform, engine } = shop;
  const startedAt = platform.now();
  const spec = readSpec(work.spec);
  const dataset = await shop.dataset(work.dataset, stop);
  const parameters = await shop.parameters.of(work, stop);
  const { round, from, to } = work;
  const yieldToLoop = (): Promise<void> => platform.yieldToLoop();
  const computed = await engine.computeMicroBatches({
    ...{ spec, dataset, parameters, round, from, to },
    ...{ signal: stop, yieldToLoop },
  });
  const { ref, vector } = await handIn(shop, computed.sum, drop);
  const { loss, images } = computed;
  const durationMs = Math.round(platform.now() - startedAt);
  return { outcome: { kind: 'micro', round, sum: ref, loss, images, durationMs }, vector };
}
