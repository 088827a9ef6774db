import TestSequencer from '@jest/test-sequencer';

/**
 * Half a minute and more each. In a fresh clone Jest knows no durations and goes by the size of the files; a long test in a
 * small file then comes last, and all cores but one wait for it.
 */
const longest = ['join', 'schedule', 'browser-faults', 'lan', 'up', 'tab-engines', 'pooled', 'embedded-store'];

const placeOf = ({ path }) => {
  const place = longest.findIndex((name) => path.endsWith(`/${name}.test.ts`) || path.endsWith(`\\${name}.test.ts`));
  return place < 0 ? longest.length : place;
};

/** The longest test files first, the others in Jest's own order. */
export default class LongestFirst extends TestSequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => placeOf(a) - placeOf(b));
  }
}
