import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';

/**
 * The MLP autoencoder as tfjs trains it out of the box: samples in rows, the products that its own gradient of matMul
 * asks for, its own Adam, the kernels of the wasm backend as they are. Nothing of libs/training is loaded beside it.
 */
export async function openStockWasm(): Promise<void> {
  tf.enableProdMode();
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs could not start its wasm backend');
}

/** Returns a function that takes one training step on a batch of noise. `sizes`: units of every layer, pixels first. */
export function stockStep(sizes: readonly number[], batchSize: number): () => void {
  const layers = sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i] ?? 1;
    return {
      kernel: tf.variable(
        tf.randomNormal<tf.Rank.R2>([inputs, outputs], 0, Math.sqrt(2 / inputs)),
        true,
        `kernel_${i}`,
      ),
      bias: tf.variable(tf.zeros<tf.Rank.R1>([outputs]), true, `bias_${i}`),
    };
  });
  const code = (sizes.length - 1) / 2 - 1;
  const linear = (layer: number): boolean => layer === code || layer === layers.length - 1;
  const x = tf.randomUniform<tf.Rank.R2>([batchSize, sizes[0] ?? 1]);
  const optimizer = tf.train.adam(0.001);
  return () => {
    tf.tidy(() => {
      const outputs: tf.Tensor2D[] = [x];
      for (const [i, { kernel, bias }] of layers.entries()) {
        const z: tf.Tensor2D = tf.add(tf.matMul(outputs[i]!, kernel), bias);
        outputs.push(linear(i) ? z : tf.relu(z));
      }
      const s = tf.sigmoid(outputs.at(-1)!);
      tf.mean(tf.square(tf.sub(s, x))).dataSync();
      let dz: tf.Tensor2D = tf.mul(tf.mul(tf.sub(s, x), tf.mul(s, tf.sub(1, s))), 2 / s.size);
      const gradients: { name: string; tensor: tf.Tensor }[] = [];
      for (let i = layers.length - 1; i >= 0; i -= 1) {
        const { kernel } = layers[i]!;
        if (!linear(i)) dz = tf.mul(dz, tf.step(outputs[i + 1]!));
        gradients.push({ name: `kernel_${i}`, tensor: tf.matMul(outputs[i]!, dz, true, false) });
        gradients.push({ name: `bias_${i}`, tensor: tf.sum(dz, 0) });
        if (i > 0) dz = tf.matMul(dz, kernel, false, true);
      }
      optimizer.applyGradients(gradients);
    });
  };
}
