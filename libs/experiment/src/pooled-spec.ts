import { z } from 'zod';

/** How many workers train one trial together. */
export const pooledSpec = z
  .strictObject({
    mode: z
      .enum(['exact'])
      .describe(
        'exact: every step adds the gradients of one fixed global batch; the result has the same bits whoever helps',
      ),
    micro_batch: z.int().min(1).max(4096).default(32).describe('Images of one micro-batch, the smallest piece of work'),
    micro_batches: z.int().min(1).max(1024).default(16).describe('Micro-batches of one step'),
  })
  .describe('Every trial is trained by all workers together; a step takes micro_batch x micro_batches images');
export type PooledSpec = z.infer<typeof pooledSpec>;
