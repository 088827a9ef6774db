import { codecNames } from '@gradpool/tensors';
import { z } from 'zod';

/** Ways to make one change of the weights from those of all lanes. */
const aggregateNames = ['mean', 'trimmed_mean', 'geometric_median'] as const;

const exactSpec = z
  .strictObject({
    mode: z
      .literal('exact')
      .describe(
        'exact: every step adds the gradients of one fixed global batch; the result has the same bits whoever helps',
      ),
    micro_batch: z.int().min(1).max(4096).default(32).describe('Images of one micro-batch, the smallest piece of work'),
    micro_batches: z.int().min(1).max(1024).default(16).describe('Micro-batches of one step'),
    aggregate: z
      .enum(aggregateNames)
      .refine((name) => name === 'mean', {
        error:
          'exact mode adds every gradient: leaving some out would make the bits depend on who helped; use mode: local, or leave aggregate out',
      })
      .exactOptional()
      .describe('Always the mean in exact mode'),
  })
  .describe('Every trial is trained by all workers together; a step takes micro_batch x micro_batches images');
export type ExactSpec = z.infer<typeof exactSpec>;

const localSpec = z
  .strictObject({
    mode: z
      .literal('local')
      .describe(
        'local: workers take many steps by themselves and average the change; a hundredth of the bytes, but the result is not bit-reproducible: another set of workers ends with other weights',
      ),
    batch: z.int().min(1).max(4096).default(16).describe('Images of one local step'),
    steps: z.int().min(1).max(4096).default(64).describe('Most local steps that a worker takes in one round'),
    codec: z.enum(codecNames).default('int4').describe('How changes of the weights are sent, both ways'),
    staleness: z.int().min(0).max(16).default(2).describe('A change that comes more rounds late than this is refused'),
    aggregate: z
      .enum(aggregateNames)
      .default('mean')
      .describe(
        'mean: by images; for rooms where not everybody is to be trusted, trimmed_mean leaves out the extremes at each weight (of 3 lanes on, a liar in every five), geometric_median is the point nearest to all changes (stands liars of less than half)',
      ),
  })
  .describe('Every trial is trained by all workers together, in rounds of many local steps; not bit-reproducible');
export type LocalSpec = z.infer<typeof localSpec>;

/** How many workers train one trial together. */
export const pooledSpec = z.discriminatedUnion('mode', [exactSpec, localSpec]);
export type PooledSpec = z.infer<typeof pooledSpec>;

/** Keys that a mode takes, for hints. */
export function pooledKeys(mode: unknown): readonly string[] {
  return Object.keys(mode === 'local' ? localSpec.shape : exactSpec.shape);
}

/** Images of one optimizer step: the trial's batch. */
export function stepImages(pooled: PooledSpec): number {
  return pooled.mode === 'exact' ? pooled.micro_batch * pooled.micro_batches : pooled.batch;
}
