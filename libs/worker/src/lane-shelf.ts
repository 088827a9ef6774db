import type { TrialId } from '@gradpool/protocol';
import type { OptimizerMemory } from '@gradpool/tensors';

/** Moments of the lanes of one trial, from round to round. They are nowhere else: a worker that ends takes them with it. */
export interface LaneShelf {
  readonly find: (trialId: TrialId, lane: number) => OptimizerMemory | null;
  readonly keep: (trialId: TrialId, lane: number, moments: OptimizerMemory) => void;
}

/** Most lanes of one worker that are remembered; its slots have one each. */
const lanesMax = 64;

export function laneShelf(): LaneShelf {
  let of: TrialId | null = null;
  let lanes = new Map<number, OptimizerMemory>();
  return {
    find: (trialId, lane) => (trialId === of ? (lanes.get(lane) ?? null) : null),
    keep(trialId, lane, moments) {
      if (trialId !== of) lanes = new Map();
      of = trialId;
      lanes.delete(lane);
      lanes.set(lane, moments);
      const [oldest] = lanes.keys();
      if (lanes.size > lanesMax && oldest !== undefined) lanes.delete(oldest);
    },
  };
}
