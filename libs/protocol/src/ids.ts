import './no-eval.ts';
import { z } from 'zod';

/** Every id is a UUIDv7, branded per kind so that a trial's id cannot be passed where a worker's is meant. */
const id = <Kind extends string>(kind: Kind) => z.uuid({ error: `expected a ${kind} (a UUID)` }).brand<Kind>();

export const sweepId = id('SweepId');
export const cellId = id('CellId');
export const trialId = id('TrialId');
export const leaseId = id('LeaseId');
export const workerId = id('WorkerId');
export const roomId = id('RoomId');

export type SweepId = z.infer<typeof sweepId>;
export type CellId = z.infer<typeof cellId>;
export type TrialId = z.infer<typeof trialId>;
export type LeaseId = z.infer<typeof leaseId>;
export type WorkerId = z.infer<typeof workerId>;
export type RoomId = z.infer<typeof roomId>;

/** SHA-256 in lower-case hex: the name of an artifact or a data file. */
export const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in lower-case hex (64 digits)')
  .brand<'Digest'>();
export type Digest = z.infer<typeof digest>;

/** The one room of a coordinator today; every row carries it so that more can follow. */
export const defaultRoomId = '01900000-0000-7000-8000-000000000001' as RoomId;
