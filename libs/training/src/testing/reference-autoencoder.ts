import {
  codeMaps,
  codeSize,
  convolvedMaps,
  encodedParts,
  imageSize,
  modelLayers,
  modelLayout,
  type ConvLayer,
  type ImageShape,
  type Layer,
  type TrialSpec,
} from '@gradpool/experiment';
import type { Batch } from '../gradient.ts';

export interface ReferenceAutoencoder {
  /** Logits of one image; values lie row-major, channels last. */
  logits(parameters: Float64Array, pixels: Float64Array): Float64Array;
  /** Mean over images and pixels, with what is asked of the code. */
  loss(parameters: Float64Array, batch: Batch): number;
}

/** The autoencoder and its losses in plain loops and double precision: what the tensor code is held against. */
export function referenceAutoencoder(spec: TrialSpec, image: ImageShape): ReferenceAutoencoder {
  const { layers, encoderLayers } = modelLayers(spec, image);
  const { entries } = modelLayout(spec, image);
  const part = (parameters: Float64Array, index: number): Float64Array => {
    const { offset = 0, size = 0 } = entries[index] ?? {};
    return parameters.subarray(offset, offset + size);
  };
  const through = (parameters: Float64Array, from: number, to: number, input: Float64Array): Float64Array =>
    layers.slice(from, to).reduce((x, layer, i) => {
      const at = 2 * (from + i);
      const z = layerOutput(layer, part(parameters, at), part(parameters, at + 1), x);
      const y = z.map((value) => activation(layer.activation, value));
      return layer.kind === 'conv' ? maxPooled(layer, y) : y;
    }, input);
  const units = codeSize(spec, image);
  // A spatial encoder gives each place of its maps the means of all channels, then their log variances.
  const channels = codeMaps(spec, image)?.channels ?? units;
  const encode = (parameters: Float64Array, pixels: Float64Array): Float64Array => {
    const given = through(parameters, 0, encoderLayers, pixels);
    const at = (i: number): number =>
      Math.floor((i % units) / channels) * encodedParts(spec) * channels + (i % channels);
    return given.map((_, i) => given[at(i) + (i < units ? 0 : channels)] ?? NaN);
  };
  const decode = (parameters: Float64Array, code: Float64Array) =>
    through(parameters, encoderLayers, layers.length, code);
  return {
    logits: (parameters, pixels) => decode(parameters, encode(parameters, pixels).slice(0, units)),
    loss(parameters, { count, noisy, clean, draws }) {
      const pixels = imageSize(image);
      const rows = Array.from({ length: count }, (_, n) => n);
      const row = (values: Float32Array, n: number): Float64Array =>
        Float64Array.from(values.subarray(n * pixels, (n + 1) * pixels));
      const encoded = rows.map((n) => encode(parameters, row(noisy, n)));
      const losses = rows.map((n) => {
        const code = drawn(spec, encoded[n]!, draws.subarray(n * units, (n + 1) * units));
        return lossSum(spec.loss, decode(parameters, code), row(clean, n));
      });
      return (total(losses) + spec.code_weight * codePenalty(spec, encoded)) / (count * pixels);
    },
  };
}

const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

function lossSum(loss: TrialSpec['loss'], logits: Float64Array, clean: Float64Array): number {
  return total(
    logits.map((z, i) => {
      const y = clean[i] ?? 0;
      const s = 1 / (1 + Math.exp(-z));
      return loss === 'mse' ? (s - y) ** 2 : -y * Math.log(s) - (1 - y) * Math.log(1 - s);
    }),
  );
}

/** The code of one image: mean plus spread times a draw, or just what the encoder says. */
function drawn({ code }: TrialSpec, encoded: Float64Array, draws: Float32Array): Float64Array {
  if (code !== 'variational') return encoded;
  const units = encoded.length / 2;
  return encoded.slice(0, units).map((mu, i) => mu + Math.exp((encoded[units + i] ?? 0) / 2) * (draws[i] ?? 0));
}

/** What is asked of the codes of a batch, summed over its images. */
function codePenalty({ code, sparsity_target: rho }: TrialSpec, encoded: readonly Float64Array[]): number {
  const units = (encoded[0]?.length ?? 0) / encodedParts({ code });
  switch (code) {
    case 'plain':
      return 0;
    case 'l1':
      return total(encoded.map((values) => total(values.map(Math.abs))));
    case 'kl': {
      const means = Array.from(
        { length: units },
        (_, j) => total(encoded.map((values) => values[j] ?? 0)) / encoded.length,
      );
      const divergences = means.map(
        (mean) => rho * Math.log(rho / mean) + (1 - rho) * Math.log((1 - rho) / (1 - mean)),
      );
      return encoded.length * total(divergences);
    }
    case 'variational':
      return total(
        encoded.flatMap((values) =>
          Array.from({ length: units }, (_, j) => {
            const [mu, s] = [values[j] ?? 0, values[units + j] ?? 0];
            return (mu * mu + Math.exp(s) - 1 - s) / 2;
          }),
        ),
      );
    default:
      return code satisfies never;
  }
}

function layerOutput(layer: Layer, kernel: Float64Array, bias: Float64Array, x: Float64Array): Float64Array {
  if (layer.kind === 'dense') {
    return Float64Array.from({ length: layer.outputs }, (_, o) => {
      let sum = bias[o] ?? 0;
      for (let i = 0; i < layer.inputs; i += 1) sum += (x[i] ?? 0) * (kernel[i * layer.outputs + o] ?? 0);
      return sum;
    });
  }
  const down = layer.kind === 'conv';
  const maps = convolvedMaps(layer);
  const { channels } = layer.output;
  const given = down ? x : repeated(layer, x);
  const z = Float64Array.from({ length: imageSize(down ? maps.small : maps.large) }, (_, i) => bias[i % channels] ?? 0);
  forEachTap(layer, (large, small, tap) => {
    const [from, to] = down ? [large, small] : [small, large];
    z[to] = (z[to] ?? 0) + (given[from] ?? 0) * (kernel[tap] ?? 0);
  });
  return z;
}

/** The place in the maps that are `pool` times smaller each way of a place in the larger ones. */
function pooledPlace({ pool }: ConvLayer, { width, channels }: ImageShape, at: number): number {
  const [column, row] = [Math.floor(at / channels) % width, Math.floor(at / channels / width)];
  return (Math.floor(row / pool) * (width / pool) + Math.floor(column / pool)) * channels + (at % channels);
}

function repeated(layer: ConvLayer, x: Float64Array): Float64Array {
  const { small } = convolvedMaps(layer);
  return Float64Array.from({ length: imageSize(small) }, (_, at) => x[pooledPlace(layer, small, at)] ?? NaN);
}

function maxPooled(layer: ConvLayer, y: Float64Array): Float64Array {
  const { small } = convolvedMaps(layer);
  const pooled = new Float64Array(imageSize(layer.output)).fill(-Infinity);
  for (const [at, value] of y.entries()) {
    const place = pooledPlace(layer, small, at);
    pooled[place] = Math.max(pooled[place] ?? NaN, value);
  }
  return pooled;
}

/** Visits every product of a convolution: index in the larger map, in the smaller one, and in the kernel. */
function forEachTap(layer: ConvLayer, visit: (large: number, small: number, tap: number) => void): void {
  const { large, small } = convolvedMaps(layer);
  const { kernelSize: k, stride: s, padding } = layer;
  const before = (a: number, b: number): number =>
    padding === 'same' ? Math.floor(Math.max(0, (b - 1) * s + k - a) / 2) : padding;
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
      return z;
    case 'sigmoid':
      return 1 / (1 + Math.exp(-z));
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
