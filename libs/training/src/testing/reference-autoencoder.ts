import {
  imageSize,
  modelLayers,
  modelLayout,
  type ConvLayer,
  type ImageShape,
  type Layer,
  type TrialSpec,
} from '@gradpool/experiment';

export interface ReferenceAutoencoder {
  /** Logits of one image; values lie row-major, channels last. */
  logits(parameters: Float64Array, pixels: Float64Array): Float64Array;
  /** Mean over images and pixels. */
  loss(parameters: Float64Array, batch: { count: number; noisy: Float32Array; clean: Float32Array }): number;
}

/** The autoencoder and its losses in plain loops and double precision: what the tensor code is held against. */
export function referenceAutoencoder(spec: TrialSpec, image: ImageShape): ReferenceAutoencoder {
  const { layers } = modelLayers(spec, image);
  const { entries } = modelLayout(spec, image);
  const part = (parameters: Float64Array, index: number): Float64Array => {
    const { offset = 0, size = 0 } = entries[index] ?? {};
    return parameters.subarray(offset, offset + size);
  };
  const logits: ReferenceAutoencoder['logits'] = (parameters, pixels) =>
    layers.reduce((x, layer, i) => {
      const z = layerOutput(layer, part(parameters, 2 * i), part(parameters, 2 * i + 1), x);
      return z.map((value) => activation(layer.activation, value));
    }, pixels);
  return {
    logits,
    loss(parameters, { count, noisy, clean }) {
      const pixels = imageSize(image);
      let sum = 0;
      for (let n = 0; n < count; n += 1) {
        logits(parameters, Float64Array.from(noisy.subarray(n * pixels, (n + 1) * pixels))).forEach((z, i) => {
          const y = clean[n * pixels + i] ?? 0;
          const s = 1 / (1 + Math.exp(-z));
          sum += spec.loss === 'mse' ? (s - y) ** 2 : -y * Math.log(s) - (1 - y) * Math.log(1 - s);
        });
      }
      return sum / (count * pixels);
    },
  };
}

function layerOutput(layer: Layer, kernel: Float64Array, bias: Float64Array, x: Float64Array): Float64Array {
  if (layer.kind === 'dense') {
    return Float64Array.from({ length: layer.outputs }, (_, o) => {
      let sum = bias[o] ?? 0;
      for (let i = 0; i < layer.inputs; i += 1) sum += (x[i] ?? 0) * (kernel[i * layer.outputs + o] ?? 0);
      return sum;
    });
  }
  const { height, width, channels } = layer.output;
  const z = Float64Array.from({ length: height * width * channels }, (_, i) => bias[i % channels] ?? 0);
  forEachTap(layer, (large, small, tap) => {
    const [from, to] = layer.kind === 'conv' ? [large, small] : [small, large];
    z[to] = (z[to] ?? 0) + (x[from] ?? 0) * (kernel[tap] ?? 0);
  });
  return z;
}

/** Visits every product of a convolution: index in the larger map, in the smaller one, and in the kernel. */
function forEachTap(layer: ConvLayer, visit: (large: number, small: number, tap: number) => void): void {
  const [large, small] = layer.kind === 'conv' ? [layer.input, layer.output] : [layer.output, layer.input];
  const { kernelSize: k, stride: s } = layer;
  const before = (a: number, b: number): number => Math.floor(Math.max(0, (b - 1) * s + k - a) / 2);
  const [top, left] = [before(large.height, small.height), before(large.width, small.width)];
  for (let i = 0; i < small.height * small.width * k * k; i += 1) {
    const [kj, ki] = [i % k, Math.floor(i / k) % k];
    const [sj, si] = [Math.floor(i / k / k) % small.width, Math.floor(i / k / k / small.width)];
    const [li, lj] = [s * si + ki - top, s * sj + kj - left];
    if (li < 0 || lj < 0 || li >= large.height || lj >= large.width) continue;
    for (let a = 0; a < large.channels; a += 1) {
      for (let b = 0; b < small.channels; b += 1) {
        visit(
          (li * large.width + lj) * large.channels + a,
          (si * small.width + sj) * small.channels + b,
          ((ki * k + kj) * large.channels + a) * small.channels + b,
        );
      }
    }
  }
}

function activation(name: Layer['activation'], z: number): number {
  switch (name) {
    case 'linear':
    case 'sigmoid':
      return z;
    case 'relu':
      return Math.max(0, z);
    case 'elu':
      return z > 0 ? z : Math.expm1(z);
    case 'tanh':
      return Math.tanh(z);
    case 'gelu':
      return 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)));
    default:
      return name satisfies never;
  }
}
