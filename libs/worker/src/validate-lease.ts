import { fetchArtifact } from './transfer.ts';
import { weightsFrom } from './weights.ts';
import { readSpec, type Answer, type LeaseCalls, type WorkOf, type Workshop } from './workshop.ts';

/** Judges a pooled trial as it stands after an epoch, and tells what its trainer would: the points, and the pictures where some are kept. [V3] */
export async function validateLease<Dataset>(
  shop: Workshop<Dataset>,
  work: WorkOf<'validate'>,
  calls: LeaseCalls,
): Promise<Answer> {
  const { platform, engine } = shop;
  const { stop } = calls;
  const startedAt = platform.now();
  const spec = readSpec(work.spec);
  const dataset = await shop.dataset(work.dataset, stop);
  const weights = weightsFrom(await fetchArtifact(shop, work.parameters, stop));
  const { epoch } = work;
  const yieldToLoop = (): Promise<void> => platform.yieldToLoop();
  const told = await engine.validateWeights({ spec, dataset, weights, epoch, signal: stop, yieldToLoop });
  const { validationMse, overfitGap, pictures } = told;
  calls.epochEnded([
    { epoch, name: 'validation_mse', value: validationMse },
    { epoch, name: 'overfit_gap', value: overfitGap },
  ]);
  if (pictures) calls.pictured({ epoch, bytes: pictures });
  const durationMs = Math.round(platform.now() - startedAt);
  return { outcome: { kind: 'validate', validationMse, durationMs }, vector: null };
}
