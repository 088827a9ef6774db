import { describe, expect, test } from '@jest/globals';
import { runSchedule } from './schedule.ts';
import { replayedSeed } from './replay.ts';

const replayed = replayedSeed();
const perTest = 85;
const testsPerRun = 4;
/** The checks run on three lines of Node, each of which takes a third of some 1,000 seeds: 20 from 341, 22 from 681, 24 from 1. */
const third = Math.floor(Number.parseInt(process.versions.node, 10) / 2) % 3;
const firstSeeds = Array.from({ length: testsPerRun }, (_none, index) => (third * testsPerRun + index) * perTest + 1);

describe('random schedules', () => {
  if (replayed !== null) {
    test(`[X1] the schedule of seed ${replayed} keeps every invariant`, () => {
      expect(runSchedule(replayed)).toMatchObject({ seed: replayed });
    }, 600_000);
    return;
  }

  test.each(firstSeeds)(`[X1] ${perTest} schedules from seed %i on keep every invariant after every event`, (first) => {
    for (let seed = first; seed < first + perTest; seed += 1) {
      const { trials, complete, failed, pruned } = runSchedule(seed);
      expect(complete + failed + pruned).toBeLessThanOrEqual(trials);
    }
  });

  test('[X2] the same seed gives the same run', () => {
    expect(runSchedule(7)).toEqual(runSchedule(7));
  });

  test('[X3] the schedules do what they are for: refusals, copies, rejections, failures and restarts all happen', () => {
    const reports = Array.from({ length: 60 }, (_none, index) => runSchedule(1 + index));
    const sum = (pick: (report: (typeof reports)[number]) => number): number =>
      reports.reduce((total, report) => total + pick(report), 0);
    for (const figure of [
      'refusals',
      'copies',
      'rejections',
      'restarts',
      'shadowRestarts',
      'validations',
      'gaps',
      'yields',
    ] as const) {
      expect(sum(({ figures }) => figures[figure])).toBeGreaterThan(0);
    }
    expect(sum(({ rounds, localRounds }) => rounds - localRounds)).toBeGreaterThan(200);
    expect(sum(({ localRounds }) => localRounds)).toBeGreaterThan(200);
    expect(sum(({ complete }) => complete)).toBeGreaterThan(100);
    expect(sum(({ failed }) => failed)).toBeGreaterThan(0);
    expect(sum(({ pruned }) => pruned)).toBeGreaterThan(20);
  });
});
