import type { State } from '@gradpool/coordination';
import { expect, test } from '@jest/globals';
import { sampleCell, sampleSweep, sampleTrial } from '../store/sample-rows.ts';
import { activityLog } from './activity-log.ts';
import type { Logger } from './logger.ts';

test('the verification of a trial is told once, however often the trial changes afterwards', () => {
  const row = sampleTrial(sampleCell(sampleSweep(), 0), 0, { state: 'verifying' });
  const state = { trials: new Map([[row.trialId, { row }]]), sweeps: new Map() } as unknown as State;
  const lines: string[] = [];
  const info = (_fields: object, line: string) => void lines.push(line);
  const log = activityLog({ info, warn: info } as unknown as Logger, state);
  const changed = () => {
    log({ type: 'changed', entity: 'trial', id: row.trialId });
  };
  changed();
  state.trials.set(row.trialId, { row: { ...row, state: 'complete' } } as never);
  changed();
  // Its map of codes came.
  changed();
  expect(lines).toEqual(['trial verified']);
});
