import { describe, expect, test } from '@jest/globals';
import { replayedSeed } from './replay.ts';
import { runSchedule } from './schedule.ts';

/** Hundreds of thousands of events: `npm run test:long`. Other seeds each time a first one is given in SIMULATION_SEED. */
const first = replayedSeed() ?? 1_000_001;
const eventsMin = 1_000_000;

describe('long campaign of random schedules', () => {
  test(`[X1] a million events from seed ${first} on keep every invariant`, () => {
    let events = 0;
    for (let seed = first; events < eventsMin; seed += 1) events += runSchedule(seed).events;
    expect(events).toBeGreaterThanOrEqual(eventsMin);
  }, 3_600_000);

  test('[X1] crowds of hundreds of workers keep every invariant', () => {
    for (let seed = first; seed < first + 4; seed += 1) {
      const report = runSchedule(seed, { workersMax: 400, trialsMax: 400, chaosMs: 60_000 });
      expect(report.seed).toBe(seed);
    }
  }, 3_600_000);
});
