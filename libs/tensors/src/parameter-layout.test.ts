import { describe, expect, test } from '@jest/globals';
import { parameterLayout, parameterViews } from './parameter-layout.ts';

const layout = parameterLayout([
  { name: 'a/kernel', shape: [2, 3] },
  { name: 'a/bias', shape: [3] },
  { name: 'scale', shape: [] },
]);

describe('parameterLayout', () => {
  test('[T1] lays tensors one behind the other', () => {
    expect(layout).toEqual({
      size: 10,
      entries: [
        { name: 'a/kernel', shape: [2, 3], offset: 0, size: 6 },
        { name: 'a/bias', shape: [3], offset: 6, size: 3 },
        { name: 'scale', shape: [], offset: 9, size: 1 },
      ],
    });
    expect(parameterLayout([])).toEqual({ entries: [], size: 0 });
  });

  test('[T2] refuses a repeated name and a dimension that is no count', () => {
    const twice = [
      { name: 'a', shape: [1] },
      { name: 'a', shape: [2] },
    ];
    expect(() => parameterLayout(twice)).toThrow('Parameter name a is used twice in one layout; name each tensor once');
    for (const dimension of [0, -1, 1.5, NaN, Infinity]) {
      expect(() => parameterLayout([{ name: 'a', shape: [2, dimension] }])).toThrow(`dimension ${dimension}`);
    }
    expect(() => parameterLayout([{ name: 'a', shape: [2 ** 30, 2 ** 30] }])).toThrow(RangeError);
  });
});

describe('parameterViews', () => {
  test('[T1] share the memory of the vector', () => {
    const flat = Float32Array.from({ length: 10 }, (_, i) => i);
    const [kernel, bias, scale] = parameterViews(layout, flat);
    expect([...(kernel ?? [])]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...(bias ?? [])]).toEqual([6, 7, 8]);
    scale?.set([20]);
    expect(flat[9]).toBe(20);
  });

  test('refuse a vector of another length', () => {
    expect(() => parameterViews(layout, new Float32Array(9))).toThrow(
      'A vector of 9 values does not fit a layout of 10',
    );
  });
});
