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
  const lane: Lane = { lane: lanes.given, workerId, round: -1, leaseId: null, images: 0 };
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

/** The lease is gone, however it ended. */
export function freeLease(lanes: Lanes, leaseId: LeaseId): void {
  const lane = lanes.held.find((held) => held.leaseId === leaseId);
  if (lane) lane.leaseId = null;
}

/** Takes what counts for the next average. */
export function takeCounted(lanes: Lanes, round: number): LaneUpdate[] {
  const taken = lanes.counted;
  lanes.counted = [];
  lanes.staleness = taken.reduce((most, update) => Math.max(most, round - update.round), 0);
  return taken;
}
