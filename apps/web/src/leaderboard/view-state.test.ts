import { describe, expect, test } from '@jest/globals';
import { defaultSort, readViewState, withFilter, withSort, writeViewState } from './view-state.ts';

const names = ['latent', 'noise', 'hidden'];
const read = (search: string) => readViewState(new URLSearchParams(search), names);

describe('a view and its address', () => {
  test.each([
    '',
    'x=noise&y=latent',
    'f.latent=2&f.latent=8&f.hidden=%5B512%2C256%5D',
    'group=noise&sort=-n&page=3',
    'sort=latent',
    'sort=-test_psnr',
  ])('%p comes back as it was', (search) => {
    expect(writeViewState(read(search)).toString()).toBe(search);
  });

  test.each(['x=colour', 'f.colour=1', 'sort=colour', 'page=-1', 'page=x', 'group=', 'sort=mean', 'page=1'])(
    '%p is the plain view',
    (search) => {
      expect(writeViewState(read(search)).toString()).toBe('');
    },
  );

  test('a filter leads back to the first page, and without values it is gone', () => {
    const filtered = withFilter(read('page=4'), 'noise', ['0.3']);
    expect([filtered.page, filtered.filters.get('noise')]).toEqual([1, new Set(['0.3'])]);
    expect(withFilter(filtered, 'noise', []).filters.size).toBe(0);
  });

  test('sorting by the same column turns it round', () => {
    const once = withSort(read(''), 'n');
    expect(once.sort).toEqual({ by: 'n', falling: false });
    expect(withSort(once, 'n').sort).toEqual({ by: 'n', falling: true });
    expect(withSort(read('sort=-mean'), 'mean').sort).toEqual(defaultSort);
  });
});
