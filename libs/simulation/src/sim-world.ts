import type { Effect, Event, State } from '@gradpool/coordination';
import type { Digest, LeaseId, LeaseKey, Work, WorkerId } from '@gradpool/protocol';
import type { Agenda } from './agenda.ts';
import type { Ledger } from './ledger.ts';
import type { SimPooling } from './sim-pool.ts';
import type { Random } from './random.ts';
import type { SimStore } from './sim-store.ts';

/** How bad the network is. Shares are probabilities per message. */
interface NetworkOptions {
  delayMsMin: number;
  delayMsMax: number;
  /** A message that never arrives on a connection that stays open (harsher than TCP, which would lose the tail). */
  lossShare: number;
  duplicateShare: number;
  /** A message on which the connection breaks. */
  breakShare: number;
}

/** What a worker is like. Every temper but `honest` misbehaves until the run's quiet end. */
export type Temper =
  | 'honest'
  /** Claims half the error it has. */
  | 'liar'
  /** Sends weights that nobody can read. */
  | 'garbler'
  /** Its loss is NaN more often than not. */
  | 'erring'
  /** Says everything twice. */
  | 'echo'
  /** Ignores revocations and answers leases that are long gone. */
  | 'zombie'
  /** Answers leases of others, and with other fencing tokens. */
  | 'thief'
  /** Falls silent for stretches longer than a lease. */
  | 'sleeper'
  /** Works, but makes no progress for ever. */
  | 'stuck';

/** One connection. Messages of one direction keep their order; those of two connections do not. */
export interface Link {
  open: boolean;
  readonly worker: SimWorker;
  upAt: number;
  downAt: number;
  welcomed: boolean;
}

export interface SimLease {
  readonly key: LeaseKey;
  readonly work: Work;
  readonly startedAt: number;
  readonly fractionAtStart: number;
  reportedEpoch: number;
  /** The final answer, repeated until it is settled. */
  answer: UpMessage | null;
}

export interface SimWorker {
  readonly workerId: WorkerId;
  readonly name: string;
  /** Some come back as the other kind. */
  kind: 'train' | 'evaluate';
  readonly numericClass: string;
  readonly slots: number;
  /** True flops per second, and what it says of itself. */
  readonly speed: number;
  readonly claimedSpeed: number;
  temper: Temper;
  alive: boolean;
  /** Grows with every crash, so that what was planned before it never happens. */
  life: number;
  link: Link | null;
  connecting: boolean;
  asked: number;
  silentUntil: number;
  readonly leases: Map<LeaseId, SimLease>;
  /** Keys of leases it once had, for late answers. */
  readonly memories: SimLease[];
}

/** What travels up a connection: the protocol's messages but for their framing. */
export type UpMessage =
  { readonly type: 'hello' } | { readonly type: 'bye' } | { readonly type: 'event'; readonly event: WorkerEvent };

export type WorkerEvent = Extract<Event, { readonly workerId: WorkerId }>;

export type DownMessage = { readonly type: 'welcome' } | Extract<Effect, { type: 'send' }>['message'];

/** The simulated shell: one state, one batch of effects on its way to the store. */
interface SimCoordinator {
  state: State | null;
  readonly seats: Map<WorkerId, Link>;
  batch: (Effect | { readonly type: 'welcome'; readonly link: Link })[];
  committing: boolean;
  life: number;
}

/** What the two ends of every connection do. */
interface Ends {
  readonly receiveUp: (world: World, link: Link, message: UpMessage) => void;
  readonly receiveDown: (world: World, link: Link, message: DownMessage) => void;
  /** The coordinator's end of a connection that still speaks for its worker is gone. */
  readonly closedUp: (world: World, link: Link) => void;
  readonly closedDown: (world: World, link: Link) => void;
}

export interface World {
  readonly ends: Ends;
  readonly seed: number;
  readonly agenda: Agenda;
  readonly random: Random;
  readonly network: NetworkOptions;
  readonly store: SimStore;
  readonly coordinator: SimCoordinator;
  readonly ledger: Ledger;
  readonly workers: SimWorker[];
  /** What an evaluator would find for weights of this digest; null where they are unreadable. */
  readonly artifacts: Map<Digest, number | null>;
  readonly pooling: SimPooling;
  commitMsMax: number;
  /** Ids drawn so far: one counter for the whole run. */
  drawn: number;
  /** Once quiet, nobody misbehaves and the network is whole: everything must come to its end. */
  quiet: boolean;
}
