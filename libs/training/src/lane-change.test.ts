import { describe, expect, test } from '@jest/globals';
import { compileKernels } from '@gradpool/kernels';
import { codecNames, codecs, fillNormals } from '@gradpool/tensors';
import { openLaneChange } from './lane-change.ts';

const key = { seed: 3, stream: 8 };

function normals(size: number, stream: number): Float32Array {
  const values = new Float32Array(size);
  fillNormals(values, { seed: 2, stream }, 0);
  return values.map((value, i) => (i % 31 === 4 ? 0 : i % 29 === 6 ? value * 1e-39 : value));
}

describe.each(codecNames)('the change of a lane in %s', (codec) => {
  test.each([1, 64, 65, 2047, 4099])('[T10] of %i parameters has the bytes of the plain version', async (size) => {
    const [simd, plain] = [await compileKernels(), null].map((module) => openLaneChange(module, codec, size));
    const [after, before] = [normals(size, 1), normals(size, 2)];
    const bytes = simd!(after, before, key);
    expect(bytes).toHaveLength(codecs[codec].byteLength(size));
    expect(bytes).toEqual(plain!(after, before, key));
    // Nothing is left of the one before.
    expect(simd!(before, after, key)).toEqual(plain!(before, after, key));
  });

  test('[T10] there is none where a value is not finite', async () => {
    for (const module of [await compileKernels(), null]) {
      const change = openLaneChange(module, codec, 70);
      for (const odd of [NaN, Infinity]) {
        const after = normals(70, 1);
        after[69] = odd;
        expect(change(after, normals(70, 2), key)).toBeNull();
      }
    }
  });
});
