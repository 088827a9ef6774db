import type { Outcome, Work } from '@gradpool/protocol';
import { laneLease } from './lane-lease.ts';
import { microLease } from './micro-lease.ts';
import { fetchArtifact, storeArtifact, type Patience } from './transfer.ts';
import { trainLease } from './train-lease.ts';
import { validateLease } from './validate-lease.ts';
import { weightsFrom } from './weights.ts';
import { failureOf, WorkError } from './work-error.ts';
import { readSpec, type Answer, type LeaseCalls, type LeaseEnd, type WorkOf, type Workshop } from './workshop.ts';

/** Does the work of one lease. Throws what went wrong; a stop ends in `handedBack`. */
export async function doWork<Dataset>(shop: Workshop<Dataset>, work: Work, calls: LeaseCalls): Promise<LeaseEnd> {
  if (work.kind === 'train') return trainLease(shop, work, calls);
  try {
    return { type: 'finished', ...(await answerTo(shop, work, calls)) };
  } catch (error) {
    if (calls.stop.aborted) return { type: 'handedBack', checkpoint: null };
    throw error;
  }
}

async function answerTo<Dataset>(
  shop: Workshop<Dataset>,
  work: Exclude<Work, { kind: 'train' }>,
  calls: LeaseCalls,
): Promise<Answer> {
  switch (work.kind) {
    case 'verify':
      return { outcome: await verify(shop, work, calls), vector: null };
    case 'embed':
      return { outcome: await embed(shop, work, calls), vector: null };
    case 'validate':
      return validateLease(shop, work, calls);
    case 'baseline':
      return { outcome: await baselines(shop, work, calls), vector: null };
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
    const judged = await shop.engine.evaluateWeights({ spec, dataset, weights, signal: stop, yieldToLoop });
    const score = scoreIn(judged.measures, work.metric);
    const measures = { ...judged.measures };
    const details = judged.details && (await storeArtifact(shop, judged.details, patience(shop, stop)));
    return { kind: 'verify', score, measures, details, reason: null, durationMs: durationMs() };
  } catch (error) {
    const { code, message } = failureOf(error);
    if (!weightFaults.has(code)) throw error;
    const reason = `${code}: ${message}`.slice(0, 2_000);
    return { kind: 'verify', score: null, measures: {}, details: null, reason, durationMs: durationMs() };
  }
}

/** E_SPEC where the trial's task knows no such figure. */
function scoreIn(measures: Readonly<Record<string, number>>, metric: string): number {
  const score = measures[metric];
  if (score !== undefined) return score;
  throw new WorkError(
    'E_SPEC',
    `no ${metric} is computed for this trial; there are ${Object.keys(measures).join(', ')}`,
  );
}

const patience = <Dataset>({ limits }: Workshop<Dataset>, signal: AbortSignal): Patience => ({
  signal,
  attemptsMax: limits.resultAttemptsMax,
});

/** Weights that cannot be read are an error here, not a verdict: they were verified before. */
async function embed<Dataset>(
  shop: Workshop<Dataset>,
  work: WorkOf<'embed'>,
  { stop, drop }: LeaseCalls,
): Promise<Outcome> {
  const { platform, engine, limits } = shop;
  const startedAt = platform.now();
  const spec = readSpec(work.spec);
  const dataset = await shop.dataset(work.dataset, stop);
  const weights = weightsFrom(await fetchArtifact(shop, work.weights, stop));
  const yieldToLoop = (): Promise<void> => platform.yieldToLoop();
  const made = await engine.embedWeights({ spec, dataset, weights, signal: stop, yieldToLoop });
  const map = await storeArtifact(shop, made.map, { signal: drop, attemptsMax: limits.resultAttemptsMax });
  const { points, separation } = made;
  return { kind: 'embed', map, points, separation, durationMs: Math.round(platform.now() - startedAt) };
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
