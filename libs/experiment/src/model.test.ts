import { describe, expect, test } from '@jest/globals';
import { parametersSha256, parameterViews } from '@gradpool/tensors';
import { mnistManifest } from './manifest.ts';
import { shapeProblem } from './conv-sizes.ts';
import { codeSize, modelLayers } from './model-layers.ts';
import { initialParameters, modelLayout } from './model-parameters.ts';
import { parameterCount } from './model-size.ts';
import { trainingImages } from './training-images.ts';
import { flopsPerImage, forwardFlopsPerImage, trialCost } from './trial-cost.ts';
import { trialSpec, type TrialSpec } from './trial-spec.ts';

const { image } = mnistManifest;
const specOf = (given: Partial<TrialSpec>) => trialSpec.parse({ latent: 8, seed: 1, ...given });

describe('the layers of a model', () => {
  test('[M1] [M3] mlp: 784-512-256-k-256-512-784', () => {
    const { layers, encoderLayers } = modelLayers(specOf({}), image);
    expect(
      layers.map((layer) => layer.kind === 'dense' && [layer.name, layer.inputs, layer.outputs, layer.activation]),
    ).toEqual([
      ['dense_1', 784, 512, 'relu'],
      ['dense_2', 512, 256, 'relu'],
      ['dense_3', 256, 8, 'linear'],
      ['dense_4', 8, 256, 'relu'],
      ['dense_5', 256, 512, 'relu'],
      ['dense_6', 512, 784, 'linear'],
    ]);
    expect(encoderLayers).toBe(3);
  });

  test('[M1] [M3] mlp without hidden layers is one layer each way', () => {
    const { layers, encoderLayers } = modelLayers(specOf({ hidden: [] }), image);
    expect(layers.map(({ activation }) => activation)).toEqual(['linear', 'linear']);
    expect(encoderLayers).toBe(1);
  });

  test('[M1] [M3] vanilla: the code is the one hidden layer, whatever hidden says', () => {
    const { layers, encoderLayers } = modelLayers(specOf({ model: 'vanilla', activation: 'gelu' }), image);
    expect(layers.map(({ name, activation }) => [name, activation])).toEqual([
      ['dense_1', 'gelu'],
      ['dense_2', 'linear'],
    ]);
    expect([encoderLayers, parameterCount(specOf({ model: 'vanilla' }), image)]).toEqual([1, 785 * 8 + 9 * 784]);
  });

  test('[M5] a variational encoder ends with a mean and a log variance for each unit, one under kl with a sigmoid', () => {
    const ends = (given: Partial<TrialSpec>): unknown => {
      const { layers, encoderLayers } = modelLayers(specOf(given), image);
      const [encoder, decoder] = [layers[encoderLayers - 1], layers[encoderLayers]];
      return [encoder, decoder].map(
        (layer) => layer?.kind === 'dense' && [layer.inputs, layer.outputs, layer.activation],
      );
    };
    expect(ends({ code: 'variational' })).toEqual([
      [256, 16, 'linear'],
      [8, 256, 'relu'],
    ]);
    expect(ends({ code: 'variational', model: 'cnn' })).toEqual([
      [1568, 16, 'linear'],
      [8, 1568, 'relu'],
    ]);
    expect(ends({ code: 'kl', model: 'vanilla' })).toEqual([
      [784, 8, 'sigmoid'],
      [8, 784, 'linear'],
    ]);
    expect(ends({ code: 'l1' })).toEqual(ends({}));
  });

  const shapesOf = (given: Partial<TrialSpec>, of = image): string[] =>
    modelLayers(specOf({ model: 'cnn', activation: 'tanh', ...given }), of).layers.map((layer) => {
      const [from, to] =
        layer.kind === 'dense'
          ? [layer.inputs, layer.outputs]
          : [layer.input, layer.output].map(({ height, width, channels }) => `${height}x${width}x${channels}`);
      return `${layer.name} ${from} ${to} ${layer.activation}`;
    });

  test('[M1] [M3] cnn: 28 -> 14 -> 7 -> k and back', () => {
    const { encoderLayers } = modelLayers(specOf({ model: 'cnn' }), image);
    expect(shapesOf({})).toEqual([
      'conv_1 28x28x1 14x14x16 tanh',
      'conv_2 14x14x16 7x7x32 tanh',
      'dense_1 1568 8 linear',
      'dense_2 8 1568 tanh',
      'conv_transpose_1 7x7x32 14x14x16 tanh',
      'conv_transpose_2 14x14x16 28x28x1 linear',
    ]);
    expect(encoderLayers).toBe(3);
  });

  test('[M6] a spatial code is a map with k channels, each k of them a number of the code for every place', () => {
    expect(shapesOf({ bottleneck: 'spatial', latent: 4 })).toEqual([
      'conv_1 28x28x1 14x14x16 tanh',
      'conv_2 14x14x16 7x7x32 tanh',
      'conv_3 7x7x32 7x7x4 linear',
      'conv_transpose_1 7x7x4 7x7x32 tanh',
      'conv_transpose_2 7x7x32 14x14x16 tanh',
      'conv_transpose_3 14x14x16 28x28x1 linear',
    ]);
    expect(codeSize(specOf({ model: 'cnn', bottleneck: 'spatial', latent: 4 }), image)).toBe(7 * 7 * 4);
    expect(codeSize(specOf({ model: 'cnn', latent: 4 }), image)).toBe(4);
    // Means and log variances of each channel.
    expect(shapesOf({ bottleneck: 'spatial', latent: 4, code: 'variational' })[2]).toBe('conv_3 7x7x32 7x7x8 linear');
  });

  test('[M7] max-pooling: convolutions keep the size, windows of 2 x 2 halve it, and values are repeated on the way up', () => {
    expect(shapesOf({ downsampling: 'maxpool', channels: [16, 32] })).toEqual(shapesOf({}));
    const { layers } = modelLayers(specOf({ model: 'cnn', downsampling: 'maxpool' }), image);
    const steps = layers.flatMap((layer) => (layer.kind === 'dense' ? [] : [[layer.stride, layer.pool]]));
    expect(steps).toEqual([1, 2, 3, 4].map(() => [1, 2]));
  });

  test('[M8] sizes are (W - F + 2P)/S + 1, and one that is no whole number is shown with its arithmetic', () => {
    const heights = (given: Partial<TrialSpec>): string[] => shapesOf({ latent: 1, ...given }).slice(0, 2);
    expect(heights({ kernel_size: 4, padding: 1 })).toEqual([
      'conv_1 28x28x1 14x14x16 tanh',
      'conv_2 14x14x16 7x7x32 tanh',
    ]);
    expect(heights({ kernel_size: 2, padding: 0, channels: [3] })[0]).toBe('conv_1 28x28x1 14x14x3 tanh');
    const problem = (given: Partial<TrialSpec>): string | null =>
      shapeProblem(specOf({ model: 'cnn', ...given }), image);
    expect(problem({})).toBeNull();
    expect(problem({ padding: 0 })).toBe(
      'conv_1 over a height of 28 gives (W - F + 2P)/S + 1 = (28 - 3 + 2*0)/2 + 1 = 13.5, no whole number',
    );
    expect(problem({ downsampling: 'maxpool', channels: [4, 8, 16] })).toBe(
      'max-pooling after conv_3 over a height of 7 gives (W - F + 2P)/S + 1 = (7 - 2 + 2*0)/2 + 1 = 3.5, no whole number',
    );
    expect(problem({ kernel_size: 10, padding: 0, channels: [4, 8, 16] })).toBe(
      'conv_3 over a height of 1 gives (W - F + 2P)/S + 1 = (1 - 10 + 2*0)/2 + 1 = -3.5, less than one',
    );
    expect(() => modelLayers(specOf({ model: 'cnn', padding: 0 }), image)).toThrow(RangeError);
  });

  test('[M1] cnn: odd sizes round up on the way down and come back exactly', () => {
    const { layers } = modelLayers(specOf({ model: 'cnn', channels: [4, 8, 16] }), image);
    const heights = layers.flatMap((layer) => (layer.kind === 'dense' ? [] : [layer.output.height]));
    expect(heights).toEqual([14, 7, 4, 7, 14, 28]);
  });
});

describe('the parameters of a model', () => {
  test('[M2] names and shapes', () => {
    const entries = modelLayout(specOf({ model: 'cnn', channels: [16] }), image).entries;
    expect(entries.map(({ name, shape }) => `${name} ${shape.join('x')}`)).toEqual([
      'conv_1/kernel 3x3x1x16',
      'conv_1/bias 16',
      'dense_1/kernel 3136x8',
      'dense_1/bias 8',
      'dense_2/kernel 8x3136',
      'dense_2/bias 3136',
      'conv_transpose_1/kernel 3x3x1x16',
      'conv_transpose_1/bias 1',
    ]);
  });

  test('[S7] are counted without being laid out', () => {
    for (const given of [
      {},
      { model: 'cnn' as const },
      { hidden: [7] },
      { model: 'cnn' as const, channels: [3, 5, 9] },
      { model: 'cnn' as const, bottleneck: 'spatial' as const, kernel_size: 5 },
      { model: 'cnn' as const, bottleneck: 'spatial' as const, code: 'variational' as const },
      { model: 'cnn' as const, downsampling: 'maxpool' as const },
    ]) {
      expect(parameterCount(specOf(given), image)).toBe(modelLayout(specOf(given), image).size);
    }
    expect(parameterCount(specOf({ latent: 32 }), image)).toBe(1_083_696);
  });

  test('[M4] start from the seed and the layer name alone', () => {
    const flat = initialParameters(specOf({}), image);
    expect(parametersSha256(initialParameters(specOf({ noise: 0.3, epochs: 1 }), image))).toBe(parametersSha256(flat));
    expect(parametersSha256(flat)).toBe('55463197ef8f9aba9fc5b1e660f28c1007e322d77c070a0430434cf67b828d43');
    expect(parametersSha256(initialParameters(specOf({ model: 'cnn' }), image))).toBe(
      '19299acbcadcd2bc25292179b3ab2413ffdbf09e3d09182ebd2e001c66c1daf1',
    );
    expect(parametersSha256(initialParameters(specOf({ seed: 2 }), image))).not.toBe(parametersSha256(flat));
  });

  test('[M4] biases are zero, kernels have the spread of their scheme', () => {
    const spec = specOf({ latent: 32 });
    const views = parameterViews(modelLayout(spec, image), initialParameters(spec, image));
    const spread = (values: Float32Array | undefined) =>
      Math.sqrt((values ?? new Float32Array()).reduce((sum, value) => sum + value * value, 0) / (values?.length ?? 0));
    expect(views.filter((_, i) => i % 2 === 1).every((bias) => bias.every((value) => value === 0))).toBe(true);
    // He: sqrt(2 / 784); Glorot: bound / sqrt(3) with bound sqrt(6 / (256 + 32)).
    expect(spread(views[0])).toBeCloseTo(Math.sqrt(2 / 784), 3);
    expect(spread(views[4])).toBeCloseTo(Math.sqrt(2 / 288), 2);
    expect(Math.max(...(views[4] ?? []))).toBeLessThanOrEqual(Math.sqrt(6 / 288));
  });
});

describe('the cost of a trial', () => {
  test('[P8] floating-point operations of a picture', () => {
    const spec = specOf({ hidden: [], latent: 10 });
    expect(forwardFlopsPerImage(spec, image)).toBe(2 * (784 * 10 + 10 * 784));
    // Forward and backward of both layers, less the first one's input gradient, plus 12 per parameter and step.
    const parameters = 784 * 10 + 10 + 10 * 784 + 784;
    expect(flopsPerImage(spec, image)).toBe(2 * 784 * 10 * 5 + (12 * parameters) / 128);
    const conv = specOf({ model: 'cnn', channels: [4], latent: 1 });
    expect(forwardFlopsPerImage(conv, image)).toBe(2 * (9 * 4 * 196 + 784 + 784 + 9 * 4 * 196));
  });

  test('[P8] grows with epochs, images and validation', () => {
    const spec = specOf({ epochs: 2, validation_images: 0 });
    expect(trainingImages(spec, mnistManifest)).toBe(60_000);
    expect(trainingImages(specOf({}), mnistManifest)).toBe(55_000);
    expect(trainingImages(specOf({ train_images: 128 }), mnistManifest)).toBe(128);
    expect(trainingImages(specOf({ train_images: 59_000 }), mnistManifest)).toBe(55_000);
    const expected = 120_000 * flopsPerImage(spec, image) + 10_000 * forwardFlopsPerImage(spec, image);
    expect(trialCost(spec, mnistManifest)).toBe(Math.round(expected));
  });
});
