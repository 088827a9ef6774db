import { describe, expect, test } from '@jest/globals';
import { compileKernels } from '@gradpool/kernels';
import { codecNames, codecs, fillNormals } from '@gradpool/tensors';
import { openLocalVectors, type LocalVectors } from './local-vectors.ts';

const rule = { name: 'momentum', mu: 0.45, nesterov: true } as const;

function normals(size: number, stream: number): Float32Array {
  const values = new Float32Array(size);
  fillNormals(values, { seed: 9, stream }, 0);
  return values;
}

/** Two rounds of two changes each, by a step and by plain averaging; what the workers are sent after each. */
function twoRounds(vectors: LocalVectors, codec: (typeof codecNames)[number], size: number): Uint8Array[] {
  vectors.parameters.set(normals(size, 1));
  vectors.shown.set(vectors.parameters);
  return [0, 1].map((round) => {
    for (const lane of [0, 1]) {
      const key = { seed: 4, stream: 10 * round + lane };
      vectors.add(codecs[codec].encode(normals(size, 20 + 2 * round + lane), key), [0.3, 0.7][lane]!);
    }
    if (round === 0) vectors.step(rule, -0.7);
    else vectors.average();
    return vectors.nextChange({ seed: 5, stream: round });
  });
}

describe.each(codecNames)('vectors of a local run in %s', (codec) => {
  test.each([1, 63, 130, 4099])('[P5] [P6] %i parameters have the same bits with and without SIMD', async (size) => {
    const [simd, plain] = [await compileKernels(), null].map((module) =>
      openLocalVectors(module, { codec, rule, size }),
    ) as [LocalVectors, LocalVectors];
    expect(twoRounds(simd, codec, size)).toEqual(twoRounds(plain, codec, size));
    for (const name of ['parameters', 'shown', 'memory'] as const) expect(simd[name]).toEqual(plain[name]);
    expect(plain.parameters).not.toEqual(normals(size, 1));
  });

  test('[P5] both refuse bytes of another length, and see what is not finite', async () => {
    for (const module of [await compileKernels(), null]) {
      const vectors = openLocalVectors(module, { codec, rule, size: 70 });
      expect(() => {
        vectors.add(new Uint8Array(3), 1);
      }).toThrow(RangeError);
      expect(vectors.isFinite()).toBe(true);
      vectors.parameters[69] = NaN;
      expect(vectors.isFinite()).toBe(false);
    }
  });
});
