import { expect, test } from '@jest/globals';
import { deviceOf, engineCount } from './engine-count.ts';

const laptop = { cores: 8, memoryGib: 8, handheld: false };

test.each([
  ['one per core', laptop, 8],
  ['little memory', { ...laptop, memoryGib: 4 }, 4],
  ['less than one engine is meant to have', { ...laptop, memoryGib: 0.5 }, 1],
  ['a browser that does not say its memory', { ...laptop, memoryGib: undefined }, 4],
  ['a phone that does not', { ...laptop, memoryGib: undefined, handheld: true }, 2],
  ['a browser that says nothing', { cores: undefined, memoryGib: undefined, handheld: false }, 1],
  ['a very large machine', { cores: 128, memoryGib: 512, handheld: false }, 16],
])('%s', (_, device, engines) => {
  expect(engineCount(device, null)).toBe(engines);
});

test('the address may ask for another number; what is no number is passed over', () => {
  expect(engineCount(laptop, '2')).toBe(2);
  expect(engineCount(laptop, '1000')).toBe(16);
  expect(['0', '-1', '1.5', 'many', ''].map((asked) => engineCount(laptop, asked))).toEqual([8, 8, 8, 8, 8]);
});

test('phones and tablets are told by their names', () => {
  expect(deviceOf({ userAgent: 'Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/131 Mobile Safari' }).handheld).toBe(
    true,
  );
  expect(deviceOf({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/131', hardwareConcurrency: 4 })).toEqual({
    cores: 4,
    memoryGib: undefined,
    handheld: false,
  });
});
