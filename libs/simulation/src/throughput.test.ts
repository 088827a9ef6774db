import { expect, test } from '@jest/globals';
import { measureThroughput } from './throughput.ts';

test('[X5] a whole sweep is worked off event by event, each trial completed', () => {
  let clock = 0;
  const report = measureThroughput({ trials: 200, workers: 40 }, () => (clock += 1));
  expect(report).toMatchObject({ trials: 200, workers: 40 });
  expect(report.events).toBeGreaterThan(1_000);
});
