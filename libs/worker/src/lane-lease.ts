import { handIn } from './transfer.ts';
import { readSpec, type Answer, type LeaseCalls, type WorkOf, type Workshop } from './workshop.ts';
import { WorkError } from './work-error.ts';

/** One lane's part of a round in local mode: brings the parameters up to date, takes the steps. */
export async function laneLease<Dataset>(
  shop: Workshop<Dataset>,
  work: WorkOf<'lane'>,
  { stop, drop }: LeaseCalls,
): Promise<Answer> {
  const { platform, engine, lanes } = shop;
  const startedAt = platform.now();
  const spec = readSpec(work.spec);
  const { pooled } = spec;
  if (pooled?.mode !== 'local') throw new WorkError('E_POOLED', 'the spec of this lane is not one of local mode');
  const dataset = await shop.dataset(work.dataset, stop);
  const { trialId, round, lane, first, steps, msMax, done, planned } = work;
  const parameters = await shop.parameters.of(work, stop, pooled.codec);
  const trained = await engine.trainLane({
    ...{ spec, dataset, parameters, moments: lanes.find(trialId, lane), round, lane, first, steps, msMax },
    ...{ done, planned, signal: stop, yieldToLoop: () => platform.yieldToLoop() },
  });
  lanes.keep(trialId, lane, trained.moments);
  const { ref, vector } = await handIn(shop, trained.delta, drop);
  const { loss, images } = trained;
  const durationMs = Math.round(platform.now() - startedAt);
  return { outcome: { kind: 'lane', round, delta: ref, loss, images, durationMs }, vector };
}
