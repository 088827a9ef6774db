import type { ArtifactRef, Digest, LeaseId, WorkerId } from '@gradpool/protocol';

/*
 * Local mode of a pooled run: each worker goes its own way for many steps, and what it changed is averaged with the others'.
 * A lane is one such way: it belongs to one slot of one worker, which keeps the optimizer's moments. A worker that comes
 * anew gets a fresh lane, and a lane ends when its worker is away as a round begins.
 *
 * lane   free -> leased      its worker asked for work and the round has time left
 *        leased -> free      answered, lost, revoked as too late
 *        free -> gone        its worker is away when a round begins
 */

/** What the shell says of local mode with each round. */
export interface LocalStart {
  /** Images that the run takes in all. */
  readonly imagesTotal: number;
  /** Images of one step, and most steps of one lane in one round. */
  readonly batch: number;
  readonly stepsMax: number;
  /** Rounds that a change may come late. */
  readonly stalenessMax: number;
  /** The way to the round's parameters from those of earlier rounds, oldest first. */
  readonly changes: readonly { readonly from: Digest; readonly change: ArtifactRef }[];
}

interface Lane {
  readonly lane: number;
  readonly workerId: WorkerId;
  /** The round of its last lease. */
  round: number;
  leaseId: LeaseId | null;
  /** Of its last lease. */
  images: number;
  /** Images a ms that a lease which came to nothing has shown it not to exceed. */
  imagesPerMsMax: number;
}

/** What a worker answered for its part of a round: the vector stays with the shell, under the lease's id. */
export interface LaneUpdate {
  readonly workerId: WorkerId;
  readonly leaseId: LeaseId;
  readonly lane: number;
  /** The round whose parameters it started from. */
  readonly round: number;
  readonly loss: number;
  readonly images: number;
}

export interface Lanes {
  held: Lane[];
  /** Numbers given out so far. */
  given: number;
  /** First place of the trial's stream that nobody has had. */
  next: number;
  /** For the next average. */
  counted: LaneUpdate[];
  /** Images at work or answered of each round that an answer can still come for: what is lost is taken off again. */
  readonly givenOut: Map<number, number>;
  /** Of the present round: its begin, the time and the images that it is planned to take. */
  beganAt: number;
  roundMs: number;
  planned: number;
  /** Rounds that the latest change of the last average came late. */
  staleness: number;
  /** Changes that were refused as too late. */
  late: number;
}

export function newLanes(): Lanes {
  return {
    held: [],
    given: 0,
    next: 0,
    counted: [],
    givenOut: new Map(),
    beganAt: 0,
    roundMs: 0,
    planned: 0,
    staleness: 0,
    late: 0,
  };
}

/**
 * A lane of this worker that has no part of the round yet: one that it has, else a new one. Null where each of its slots has one
 * that is at work or has done its part.
 */
export function freeLane(lanes: Lanes, workerId: WorkerId, slots: number, round: number): Lane | null {
  if (!mayTakePart(lanes, workerId, slots, round)) return null;
  const free = lanes.held.find((lane) => lane.workerId === workerId && isFree(lane, round));
  if (free) return free;
  const lane: Lane = { lane: lanes.given, workerId, round: -1, leaseId: null, images: 0, imagesPerMsMax: Infinity };
  lanes.given += 1;
  lanes.held.push(lane);
  return lane;
}

/** Whether `freeLane` finds one. */
export function mayTakePart({ held }: Lanes, workerId: WorkerId, slots: number, round: number): boolean {
  const own = held.filter((lane) => lane.workerId === workerId);
  return own.length < slots || own.some((lane) => isFree(lane, round));
}

const isFree = (lane: Lane, round: number): boolean => lane.leaseId === null && lane.round < round;

/** The lease is answered, or too late to be; `imagesPerMsMax`: what it has shown of its lane's speed. */
export function freeLease(lanes: Lanes, leaseId: LeaseId, imagesPerMsMax: number): void {
  const lane = lanes.held.find((held) => held.leaseId === leaseId);
  if (lane) Object.assign(lane, { leaseId: null, imagesPerMsMax });
}

/** More images of a round are at work, or fewer. */
export function noteGivenOut({ givenOut }: Lanes, round: number, images: number): void {
  givenOut.set(round, (givenOut.get(round) ?? 0) + images);
}

/** Takes what counts for the next average; `share`: the part of a whole round that it makes, at most 1. */
export function takeCounted(
  lanes: Lanes,
  round: number,
  stalenessMax: number,
): { readonly updates: readonly LaneUpdate[]; readonly share: number } {
  const updates = lanes.counted;
  lanes.counted = [];
  lanes.staleness = updates.reduce((most, update) => Math.max(most, round - update.round), 0);
  const share = updates.reduce((sum, { round: own, images }) => sum + images / (lanes.givenOut.get(own) ?? images), 0);
  for (const own of lanes.givenOut.keys()) if (own < round - stalenessMax) lanes.givenOut.delete(own);
  return { updates, share: Math.min(1, share) };
}
