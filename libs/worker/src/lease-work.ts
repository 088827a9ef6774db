import type { Outcome, Work } from '@gradpool/protocol';
import { parametersFromBytes } from '@gradpool/tensors';
import { laneLease } from './lane-lease.ts';
import { microLease } from './micro-lease.ts';
import { fetchArtifact } from './transfer.ts';
import { trainLease } from './train-lease.ts';
import { failureOf, WorkError } from './work-error.ts';
import { readSpec, type LeaseCalls, type LeaseEnd, type WorkOf, type Workshop } from './workshop.ts';

/** Does the work of one lease. Throws what went wrong; a stop ends in `handedBack`. */
export async function doWork<Dataset>(shop: Workshop<Dataset>, work: Work, calls: LeaseCalls): Promise<LeaseEnd> {
  if (work.kind === 'train') return trainLease(shop, work, calls);
  try {
    return { type: 'finished', outcome: await answerTo(shop, work, calls) };
  } catch (error) {
    if (calls.stop.aborted) return { type: 'handedBack', checkpoint: null };
    throw error;
  }
}

function answerTo<Dataset>(
  shop: Workshop<Dataset>,
  work: Exclude<Work, { kind: 'train' }>,
  calls: LeaseCalls,
): Promise<Outcome> {
  switch (work.kind) {
    case 'verify':
      return verify(shop, work, calls);
    case 'baseline':
      return baselines(shop, work, calls);
    case 'micro':
      return microLease(shop, work, calls);
    case 'lane':
      return laneLease(shop, work, calls);
    default:
      return work satisfies never;
  }
}

/** Faults of the weights themselves, which say something about the trial and not about this worker. [R5] */
const weightFaults: ReadonlySet<string> = new Set([
  'E_WEIGHTS_SHAPE',
  'E_WEIGHTS_NOT_FINITE',
  'E_ARTIFACT_MISSING',
  'E_ARTIFACT_DIGEST',
]);

async function verify<Dataset>(
  shop: Workshop<Dataset>,
  work: WorkOf<'verify'>,
  { stop }: LeaseCalls,
): Promise<Outcome> {
  const startedAt = shop.platform.now();
  const spec = readSpec(work.spec);
  const dataset = await shop.dataset(work.dataset, stop);
  const durationMs = (): number => Math.round(shop.platform.now() - startedAt);
  try {
    const weights = weightsFrom(await fetchArtifact(shop, work.weights, stop));
    const yieldToLoop = (): Promise<void> => shop.platform.yieldToLoop();
    const { mse } = await shop.engine.evaluateWeights({ spec, dataset, weights, signal: stop, yieldToLoop });
    return { kind: 'verify', testMse: mse, reason: null, durationMs: durationMs() };
  } catch (error) {
    const { code, message } = failureOf(error);
    if (!weightFaults.has(code)) throw error;
    return { kind: 'verify', testMse: null, reason: `${code}: ${message}`.slice(0, 2_000), durationMs: durationMs() };
  }
}

function weightsFrom(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 === 0) return parametersFromBytes(bytes);
  throw new WorkError('E_WEIGHTS_SHAPE', `the weights are ${bytes.length} bytes, not a whole number of float32 values`);
}

async function baselines<Dataset>(
  shop: Workshop<Dataset>,
  work: WorkOf<'baseline'>,
  { stop }: LeaseCalls,
): Promise<Outcome> {
  const { platform, engine } = shop;
  const startedAt = platform.now();
  const dataset = await shop.dataset(work.dataset, stop);
  const yieldToLoop = (): Promise<void> => platform.yieldToLoop();
  const values = await engine.computeBaselines({ dataset, tasks: work.tasks, signal: stop, yieldToLoop });
  return { kind: 'baseline', values: [...values], durationMs: Math.round(platform.now() - startedAt) };
}
