import { expect, test } from '@jest/globals';
import { compareUtilisation } from './utilisation.ts';
import { utilisationModel } from './utilisation-model.ts';

test('[X6] uneven devices that come and go are at work in local mode, far more than at a barrier', () => {
  const [seed] = utilisationModel.seeds;
  const report = compareUtilisation(seed);
  expect(report.local).toBeGreaterThan(0.9);
  expect(report.exact).toBeGreaterThan(3 * report.barrier);
  expect(report.barrier).toBeGreaterThan(0.07);
  expect(report.barrier).toBeLessThan(0.13);
  expect(compareUtilisation(seed)).toEqual(report);
});
