import { expect, test } from '@jest/globals';
import { axesOf } from './axes.ts';

const axes = (names: string[], across: string | null = null, down: string | null = null) =>
  axesOf(names, { across, down });

test.each([
  [['latent', 'noise'], null, null, 'noise', 'latent'],
  [['latent', 'noise', 'hidden'], 'hidden', null, 'hidden', 'latent'],
  [['latent', 'noise', 'hidden'], 'latent', null, 'latent', 'noise'],
  [['latent', 'noise', 'hidden'], null, 'noise', 'latent', 'noise'],
  [['latent'], null, null, 'latent', null],
  [['latent'], null, 'latent', 'latent', null],
  [[], null, null, null, null],
])('%p with %p across and %p down shows %p across and %p down', (names, x, y, across, down) => {
  expect(axes(names, x, y)).toEqual({ across, down });
});
