import { beforeAll, describe, expect, test } from '@jest/globals';
import { fillUniforms } from '@gradpool/tensors';
import { imageSize, initialParameters, modelLayout, trialSpec } from '@gradpool/experiment';
import { startBackend } from './backend.ts';
import { openCodeMap } from './code-map.ts';
import { openEngine } from './engine.ts';

const image = { height: 7, width: 6, channels: 1 };
const count = 5;

describe.each(['wasm', 'cpu'] as const)('the halves of an autoencoder on the %s backend', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test.each([
    { model: 'mlp', hidden: [9, 6], latent: 3 },
    { model: 'cnn', channels: [2, 3], latent: 4 },
    { model: 'mlp', hidden: [9], latent: 3, code: 'variational' },
  ])('$model: decoding the codes of pictures reconstructs them', async (parts) => {
    const spec = trialSpec.parse({ ...parts, seed: 3 });
    const weights = initialParameters(spec, image);
    const engine = openEngine(spec, image, count);
    const pixels = count * imageSize(image);
    fillUniforms(engine.noisy.subarray(0, pixels), { seed: 4, stream: 1 }, 0);
    engine.parameters.set(weights);
    engine.load();
    const images = engine.noisy.slice(0, pixels);
    const expected = Array.from(await engine.reconstruct(count));
    engine.close();

    const map = openCodeMap({ spec, image, weights });
    const codes = map.encode(images);
    expect(codes).toHaveLength(count * parts.latent);
    expect(new Set(codes).size).toBe(codes.length);
    const decoded = map.decode(codes);
    expect(decoded).toHaveLength(pixels);
    for (const [i, value] of decoded.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5);
  });
});

test('weights of another model are refused', () => {
  const spec = trialSpec.parse({ model: 'mlp', hidden: [4], latent: 2, seed: 0 });
  const { size } = modelLayout(spec, image);
  expect(() => openCodeMap({ spec, image, weights: new Float32Array(size - 1) })).toThrow(
    expect.objectContaining({ code: 'E_WEIGHTS_SHAPE' }),
  );
});
