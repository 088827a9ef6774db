import { z } from 'zod';

/**
 * Every number that one seeded training run needs, with defaults for the ones a sweep file leaves out.
 * A trial is reproducible from this object, the data digest and the code version.
 */
export const trialSpec = z.strictObject({
  dataset: z.enum(['mnist', 'fashion-mnist']).default('mnist'),
  /** `mlp`: dense layers; `cnn`: stride-2 convolutions to a dense code and mirrored back. */
  model: z.enum(['mlp', 'cnn']).default('mlp'),
  /** Units of the code, k. */
  latent: z.int().min(1).max(1024),
  /** Noise factor f of clip(x + f N(0,1), 0, 1) on the input; the target stays clean. */
  noise: z.number().min(0).max(10).default(0),
  /** Dense layers between input and code (mlp), mirrored in the decoder. */
  hidden: z.array(z.int().min(1).max(8192)).max(8).default([512, 256]),
  /** Channels of the stride-2 convolutions (cnn), mirrored in the decoder. */
  channels: z.array(z.int().min(1).max(512)).min(1).max(4).default([16, 32]),
  activation: z.enum(['relu', 'tanh', 'elu', 'gelu']).default('relu'),
  loss: z.enum(['mse', 'bce']).default('mse'),
  optimizer: z.enum(['adam']).default('adam'),
  learning_rate: z.number().positive().max(10).default(0.001),
  schedule: z.enum(['constant', 'cosine']).default('cosine'),
  batch_size: z.int().min(1).max(4096).default(128),
  epochs: z.int().min(1).max(10_000).default(12),
  /** Images at the end of the seeded permutation-free train split that are held out for validation. */
  validation_images: z.int().min(0).max(20_000).default(5_000),
  /** Train on the first N images only (of those not held out); absent means all. */
  train_images: z.int().min(1).optional(),
  seed: z.int().min(0).max(0xffff_ffff),
});
export type TrialSpec = z.infer<typeof trialSpec>;
