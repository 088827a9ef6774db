import { z } from 'zod';
import { datasetName, datasetNameRule } from './dataset-name.ts';
import { pooledSpec } from './pooled-spec.ts';

/** Most images of one step. */
export const batchImagesMax = 4096;

/**
 * Every number that one seeded training run needs, with defaults for the ones a sweep file leaves out.
 * A trial is reproducible from this object, the data digest and the code version.
 * The order of the keys is the order of a sweep's cells; the descriptions reach editors through sweeps/schema.json.
 */
export const trialSpec = z.strictObject({
  dataset: z
    .string()
    .regex(datasetName, datasetNameRule)
    .meta({ examples: ['mnist', 'fashion-mnist', 'cifar-10'] })
    .default('mnist')
    .describe(
      'Data set; one for the whole sweep: mnist, fashion-mnist, cifar-10, or one that `gradpool data add` has added',
    ),
  model: z
    .enum(['mlp', 'cnn', 'vanilla'])
    .default('mlp')
    .describe(
      'mlp: dense layers; cnn: convolutions that halve the maps, then the code, mirrored back; vanilla: the code is the one hidden layer',
    ),
  latent: z.int().min(1).max(1024).describe('Units of the code, k; channels of a spatial one'),
  noise: z
    .number()
    .min(0)
    .max(10)
    .default(0)
    .describe('Noise factor f: the input is clip(x + f N(0,1), 0, 1), the target stays clean'),
  hidden: z
    .array(z.int().min(1).max(8192))
    .max(8)
    .default([512, 256])
    .describe('mlp: units of the dense layers between input and code, mirrored in the decoder'),
  channels: z
    .array(z.int().min(1).max(512))
    .min(1)
    .max(4)
    .default([16, 32])
    .describe('cnn: channels of the convolutions, each of which halves the maps, mirrored in the decoder'),
  bottleneck: z
    .enum(['dense', 'spatial'])
    .default('dense')
    .describe('cnn: the code is a vector of latent units (dense), or a map with latent channels (spatial)'),
  downsampling: z
    .enum(['stride', 'maxpool'])
    .default('stride')
    .describe('cnn: maps are halved by convolutions of stride 2, or by max-pooling 2 x 2 (the decoder repeats values)'),
  kernel_size: z.int().min(1).max(11).default(3).describe('cnn: side of the windows of the convolutions, F'),
  padding: z
    .union([z.literal('same'), z.int().min(0).max(10)])
    .default('same')
    .describe('cnn: zeros on each side of the maps, P; same: as many as it takes to get W/S places, rounded up'),
  activation: z
    .enum(['relu', 'tanh', 'elu', 'gelu', 'sigmoid'])
    .default('relu')
    .describe('After every layer but code and output; vanilla: of the code'),
  loss: z.enum(['mse', 'bce']).default('mse').describe('What training minimizes; trials are judged by MSE either way'),
  code: z
    .enum(['plain', 'l1', 'kl', 'variational'])
    .default('plain')
    .describe(
      'plain: nothing is asked of the code; l1, kl: it is sparse; variational: it is a draw from normals that the encoder gives',
    ),
  code_weight: z
    .number()
    .min(0)
    .max(1e6)
    .default(1)
    .describe(
      'Weight of what is asked of the code, beside the loss summed over pixels: lambda of l1 and kl, beta of variational',
    ),
  sparsity_target: z.number().gt(0).lt(1).default(0.05).describe('kl: the mean that each unit of the code is drawn to'),
  optimizer: z.enum(['adam', 'adamw', 'sgd']).default('adam').describe('Rule that moves the weights'),
  weight_decay: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('adamw: share of a weight taken away, per learning rate'),
  momentum: z.number().min(0).lt(1).default(0.9).describe('sgd: share of the last move that goes on'),
  learning_rate: z.number().positive().max(10).default(0.002).describe('Learning rate at its highest'),
  schedule: z
    .enum(['constant', 'cosine'])
    .default('cosine')
    .describe('cosine: the learning rate rises over warmup_steps and falls to 0 at the end'),
  warmup_steps: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(100)
    .describe('cosine: steps in which the learning rate rises to learning_rate; at most a tenth of the run'),
  batch_size: z.int().min(1).max(batchImagesMax).default(128).describe('Images per step'),
  epochs: z.int().min(1).max(10_000).default(12).describe('Passes over the training images'),
  validation_images: z
    .int()
    .min(0)
    .max(20_000)
    .default(5_000)
    .describe('Images at the end of the train set that are held out for validation'),
  patience: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('Epochs without a better validation error after which training stops; 0: it never stops early'),
  min_delta: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('A validation error is better if it is lower than the best so far by more than this'),
  final_weights: z
    .enum(['last', 'best'])
    .default('last')
    .describe('Weights that the trial ends with: of its last epoch, or of the epoch with the best validation error'),
  train_images: z.int().min(1).optional().describe('Train on the first N images only, of those not held out'),
  task: z
    .enum(['autoencode', 'classify', 'anomaly'])
    .default('autoencode')
    .describe(
      'autoencode: reconstruct; classify: then tell the classes from the code; anomaly: reconstruct all classes but one, and tell that one by its error. One for the whole sweep',
    ),
  features: z
    .enum(['finetuned', 'frozen', 'random', 'pca', 'pixels', 'pixels_frozen_noise'])
    .default('finetuned')
    .describe(
      'classify: what the classifier sees. finetuned, frozen: the code of the trained encoder, which learns on or not; random: that of an untrained one; pca: principal components, as many; pixels: the picture, under fresh noise in each pass; pixels_frozen_noise: under the same noise in each, as codes that are computed once',
    ),
  labels: z
    .union([z.int().min(1), z.literal('all')])
    .default('all')
    .describe('classify: how many training images have labels for the classifier, as many of each class; or all'),
  classifier_hidden: z
    .array(z.int().min(1).max(8192))
    .max(4)
    .default([128])
    .describe('classify: units of the dense layers between code and classes'),
  classifier_epochs: z
    .int()
    .min(1)
    .max(10_000)
    .default(20)
    .describe('classify: passes over the labelled images; an epoch of few images is repeated up to 32 steps'),
  classifier_learning_rate: z
    .number()
    .positive()
    .max(10)
    .default(0.001)
    .describe('classify: learning rate of the classifier at the start'),
  pretrain_noise: z
    .number()
    .min(0)
    .max(10)
    .optional()
    .describe(
      'classify: noise factor under which the autoencoder is trained, before the classifier learns and is judged under noise; without it, that of noise',
    ),
  anomaly_class: z.int().min(0).max(255).default(0).describe('anomaly: the class that is left out of training'),
  seed: z
    .int()
    .min(0)
    .max(0xffff_ffff)
    .describe('Seed of the initial parameters, the order of the images and the noise'),
  pooled: pooledSpec.optional(),
});
export type TrialSpec = z.infer<typeof trialSpec>;
