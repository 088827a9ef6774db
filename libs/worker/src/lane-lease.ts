import type { Outcome } from '@gradpool/protocol';
import { storeArtifact } from './transfer.ts';
import { readSpec, type LeaseCalls, type WorkOf, type Workshop } from './workshop.ts';
import { WorkError } from './work-error.ts';

/** One lane's part of a round in local mode: brings the parameters up to date, takes the steps, stores the change. */
export async function laneLease<Dataset>(
  shop: Workshop<Dataset>,
  work: WorkOf<'lane'>,
  { stop, drop }: LeaseCalls,
): Promise<Outcome> {
  const { platform, engine, limits, lanes } = shop;
  const startedAt = platform.now();
  const spec = readSpec(work.spec);
  const { pooled } = spec;
  if (pooled?.mode !== 'local') throw new WorkError('E_POOLED', 'the spec of this lane is not one of local mode');
  const dataset = await shop.dataset(work.dataset, stop);
  const { trialId, round, lane, first, steps, msMax, done, planned, changes } = work;
  const parameters = await shop.parameters(work.parameters, stop, { codec: pooled.codec, changes });
  const trained = await engine.trainLane({
    ...{ spec, dataset, parameters, moments: lanes.find(trialId, lane), round, lane, first, steps, msMax },
    ...{ done, planned, signal: stop, yieldToLoop: () => platform.yieldToLoop() },
  });
  lanes.keep(trialId, lane, trained.moments);
  const patience = { signal: drop, attemptsMax: limits.fetchAttemptsMax };
  const delta = await storeArtifact(shop, trained.delta, patience, 'round');
  const { loss, images } = trained;
  return { kind: 'lane', round, delta, loss, images, durationMs: Math.round(platform.now() - startedAt) };
}
