import * as tf from '@tensorflow/tfjs-core';
import type { TrialSpec } from '@gradpool/experiment';

/** What stands between encoder and decoder. Everything lies one image a column, [units, count]. */
export interface CodePass {
  /** The code that the decoder gets, [codeSize, count]. */
  readonly code: tf.Tensor2D;
  /** What is asked of the code, mean over images, in the units of the loss: per pixel. Null where nothing is. */
  readonly penalty: tf.Tensor | null;
  /** From the gradient at `code` (of the loss) the one at the encoder's output, with that of the penalty. */
  readonly backward: (dCode: tf.Tensor2D) => tf.Tensor2D;
}

type CodeSpec = Pick<TrialSpec, 'code' | 'code_weight' | 'sparsity_target'>;

export interface CodeStageOptions {
  readonly spec: CodeSpec;
  /** Values of one image. */
  readonly pixels: number;
  /** Standard normals, [codeSize, count]; null to take the mean instead of a draw, as judging does. */
  readonly draws: tf.Tensor2D | null;
}

/** Applies what the spec asks of the code to the encoder's output. */
export function codeStage(encoded: tf.Tensor2D, options: CodeStageOptions): CodePass {
  const { spec, pixels } = options;
  // The penalty of an image stands beside the loss summed over its pixels; the loss is a mean over them.
  const scale = spec.code_weight / (pixels * encoded.shape[1]);
  switch (spec.code) {
    case 'plain':
      return { code: encoded, penalty: null, backward: (dCode) => dCode };
    case 'l1':
      return {
        code: encoded,
        penalty: tf.mul(tf.sum(tf.abs(encoded)), scale),
        backward: (dCode) => tf.add(dCode, tf.mul(tf.sign(encoded), scale)),
      };
    case 'kl':
      return sparseMeans(encoded, spec.sparsity_target, scale);
    case 'variational':
      return variational(encoded, options, scale);
    default:
      return spec.code satisfies never;
  }
}

/** Means are kept this far from 0 and 1, where the divergence is infinite. */
const meanMargin = 1e-6;

/**
 * Sum over units of KL(rho || mean) = rho log(rho / mean) + (1 - rho) log((1 - rho) / (1 - mean)), mean over the batch of
 * a unit in (0, 1) (Ng, Sparse autoencoder, 2011). Derivative at a unit's mean: -rho / mean + (1 - rho) / (1 - mean).
 */
function sparseMeans(code: tf.Tensor2D, rho: number, scale: number): CodePass {
  const count = code.shape[1];
  const means = tf.clipByValue(tf.mean(code, 1, true), meanMargin, 1 - meanMargin);
  const rest = tf.sub(1, means);
  const divergence = tf.add(
    tf.mul(tf.sub(Math.log(rho), tf.log(means)), rho),
    tf.mul(tf.sub(Math.log(1 - rho), tf.log(rest)), 1 - rho),
  );
  return {
    code,
    penalty: tf.mul(tf.sum(divergence), scale * count),
    backward: (dCode) => tf.add(dCode, tf.mul(tf.sub(tf.div(1 - rho, rest), tf.div(rho, means)), scale)),
  };
}

/**
 * Kingma & Welling (2014): code = mu + e^(s / 2) eps with s = log variance; KL to the prior N(0, 1) is
 * 1/2 sum(mu^2 + e^s - 1 - s), weighted by beta (Higgins et al. 2017).
 */
function variational(encoded: tf.Tensor2D, { draws }: CodeStageOptions, scale: number): CodePass {
  const [units, count] = [encoded.shape[0] / 2, encoded.shape[1]];
  const mu = tf.slice(encoded, [0, 0], [units, count]);
  const s = tf.slice(encoded, [units, 0], [units, count]);
  const spread = draws ? tf.mul<tf.Tensor2D>(tf.exp(tf.mul(s, 0.5)), draws) : null;
  const variance = tf.exp(s);
  return {
    code: spread ? tf.add(mu, spread) : mu,
    penalty: tf.mul(tf.sum(tf.sub(tf.add(tf.square(mu), variance), tf.add(s, 1))), scale / 2),
    backward: (dCode) => {
      const dMu: tf.Tensor2D = tf.add(dCode, tf.mul(mu, scale));
      const dVariance: tf.Tensor2D = tf.mul(tf.sub(variance, 1), scale / 2);
      const dS = spread ? tf.add<tf.Tensor2D>(dVariance, tf.mul(tf.mul(dCode, spread), 0.5)) : dVariance;
      return tf.concat2d([dMu, dS], 0);
    },
  };
}
