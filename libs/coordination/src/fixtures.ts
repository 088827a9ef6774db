import type { BaselineTask, LeaseKey, MessageOf, WorkerId } from '@gradpool/protocol';
import type { Effect, Env, Event, SweepPlan, WorkerArrival } from './events.ts';
import type { StoredRows } from './rows.ts';
import type { State } from './state.ts';

/** Small literal inputs for the tests of this room. */
export interface Run {
  readonly state: State;
  readonly env: Env & { now: number };
}

export const noRows: StoredRows = { sweeps: [], cells: [], trials: [], attempts: [], workers: [], baselines: [] };

/** A UUID-like id from a kind digit and a number. */
export function idOf(kind: number, index: number): string {
  return `0000000${kind}-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

export function ran(now = 0): Env & { now: number } {
  let drawn = 0;
  return { now, newId: () => idOf(9, (drawn += 1)) };
}

const hash = (text: string): never => text.padStart(64, '0') as never;
export const artifact = { sha256: hash('a'), bytes: 4 };

/** A sweep with one cell per cost given, `seeds` trials each; `name` 0 to 9 makes another sweep. */
export function plan(options: {
  readonly cells: readonly number[];
  readonly seeds: number;
  readonly sweep?: number;
  readonly baselines?: readonly BaselineTask[];
  readonly errorsMax?: number;
  readonly epochs?: number;
}): SweepPlan {
  const { cells, seeds, sweep = 0, baselines = [], errorsMax = 3, epochs = 10 } = options;
  const sweepId = idOf(1, sweep) as never;
  const cellId = (index: number) => idOf(2, sweep * 1000 + index) as never;
  return {
    sweep: {
      sweepId,
      roomId: idOf(0, 0) as never,
      name: `sweep ${sweep}`,
      specHash: hash(`${sweep}`),
      spec: { name: `sweep ${sweep}` },
      metric: 'test_mse',
      goal: 'minimize',
      dataset: hash('d'),
      datasetName: 'mnist',
      codeVersion: '0.1.0',
      errorsMax,
      baselines,
    },
    cells: cells.map((cost, index) => ({
      cellId: cellId(index),
      sweepId,
      index,
      key: hash(`${sweep}c${index}`),
      parameters: { latent: index },
      cost,
    })),
    trials: cells.flatMap((_cost, index) =>
      Array.from({ length: seeds }, (_none, seedIndex) => ({
        trialId: idOf(3, sweep * 100_000 + index * 100 + seedIndex) as never,
        cellId: cellId(index),
        seedIndex,
        seed: seedIndex,
        spec: { latent: index, epochs, seed: seedIndex },
      })),
    ),
  };
}

export function workerOf(name: string): WorkerId {
  return idOf(4, name.charCodeAt(0)) as WorkerId;
}

export function trainer(name: string, more: Partial<WorkerArrival> = {}): WorkerArrival {
  return {
    workerId: workerOf(name),
    name,
    kind: 'train',
    platform: 'test',
    backend: 'wasm',
    numericClass: 'wasm-1',
    trusted: false,
    flopsPerSecond: 1,
    slots: 1,
    held: [],
    ...more,
  };
}

export function evaluator(name: string, more: Partial<WorkerArrival> = {}): WorkerArrival {
  return trainer(name, { kind: 'evaluate', trusted: true, ...more });
}

export type LeaseMessage = MessageOf<'lease'>;

export function leasesSent(effects: readonly Effect[]): LeaseMessage[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === 'lease' ? [effect.message] : [],
  );
}

export function leaseSent(effects: readonly Effect[]): LeaseMessage {
  const [lease] = leasesSent(effects);
  if (lease === undefined) throw new Error('no lease was sent');
  return lease;
}

export function trained(name: string, grant: { readonly lease: LeaseKey }, testMse: number): Event {
  return {
    type: 'resulted',
    workerId: workerOf(name),
    lease: grant.lease,
    outcome: {
      kind: 'train',
      testMse,
      validationMse: null,
      weights: artifact,
      segments: [{ worker: name, fromEpoch: 0, toEpoch: 10, numericClass: 'wasm-1' }],
      images: 600,
      durationMs: 10,
    },
  };
}

export function verified(name: string, grant: { readonly lease: LeaseKey }, testMse: number | null): Event {
  const outcome = { kind: 'verify', testMse, reason: testMse === null ? 'unreadable' : null, durationMs: 1 } as const;
  return { type: 'resulted', workerId: workerOf(name), lease: grant.lease, outcome };
}
