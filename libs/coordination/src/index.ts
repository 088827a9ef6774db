export type * from './rows.ts';
export type * from './events.ts';
export type { LaneUpdate } from './pooled-lanes.ts';
export type { MicroUpdate, RoundStart } from './pooled-run.ts';
export { coordinationLimits } from './limits.ts';
export { refusalCodes, trialErrorCodes } from './refusals.ts';
export { createState } from './restart.ts';
export { isHeld } from './rung-rule.ts';
export { InvariantError } from './state.ts';
export type { State } from './state.ts';
export { step } from './step.ts';
export {
  attemptOf,
  embedLeaseOf,
  listSweeps,
  listWorkers,
  measureNames,
  measuresOf,
  provenanceOf,
  prunedCells,
  sweepView,
  trialsOf,
  trialView,
  workerView,
} from './views.ts';
