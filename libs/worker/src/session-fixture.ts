import type { ClientMessage, LeaseId, LeaseKey, MessageOf, ServerMessage, SpecJson, Work } from '@gradpool/protocol';
import { createSession, nextWakeAt, stepSession } from './session.ts';
import type { SessionEffect, SessionEvent, SessionOptions, SessionState } from './session-state.ts';
import { workerLimits } from './worker-limits.ts';

/** For tests: a session on a clock that only `advance` moves. */
export interface Stage {
  readonly state: SessionState;
  now: number;
  /** Jitter for the next events. */
  random: number;
  /** Handles one event now. */
  readonly say: (event: SessionEvent) => SessionEffect[];
  readonly hear: (message: ServerMessage) => SessionEffect[];
  /** Moves the clock, waking the session whenever it asked to be. */
  readonly advance: (ms: number) => SessionEffect[];
  /** Opens the connection and welcomes the worker. */
  readonly join: (welcome?: Partial<MessageOf<'welcome'>>) => SessionEffect[];
}

const uuid = (n: number): string => `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
export const workerId = uuid(1) as MessageOf<'welcome'>['workerId'];
const digestOf = (n: number) => n.toString(16).padStart(64, '0') as never;
export const leaseKey = (n: number, fence = 1): LeaseKey => ({ leaseId: uuid(1000 + n) as LeaseId, fence });
export const artifact = (n: number) => ({ sha256: digestOf(n), bytes: 100 });
export const checkpointAt = (epoch: number) => ({ epoch, artifact: artifact(epoch), numericClass: 'wasm' });

export function trainWork(overrides: Partial<Extract<Work, { kind: 'train' }>> = {}): Work {
  const ids = { sweepId: uuid(2) as never, trialId: uuid(3) as never };
  const spec: SpecJson = { latent: 2, seed: 0 };
  const asked = { spec, dataset: digestOf(9), metric: 'test_mse' };
  return { kind: 'train', ...ids, ...asked, attempt: 1, resume: null, copy: false, ...overrides };
}

export const leaseMessage = (n: number, work: Work = trainWork()): MessageOf<'lease'> => ({
  type: 'lease',
  lease: leaseKey(n),
  leaseMs: 9_000,
  work,
});

const trained = { kind: 'train', score: 0.02, validationMse: null, images: 10, durationMs: 5 } as const;
export const trainOutcome = {
  ...trained,
  weights: artifact(7),
  segments: [{ worker: 'w', fromEpoch: 0, toEpoch: 2, numericClass: 'wasm' }],
};

export const moved = (n: number, fraction: number): SessionEvent => ({
  type: 'moved',
  leaseId: leaseKey(n).leaseId,
  position: { epoch: 0, epochs: 2, fraction, loss: 0.1, imagesPerSecond: 1000 },
});

export function stage(options: { slots?: number; identity?: SessionOptions['identity'] } = {}): Stage {
  const state = createSession({
    limits: workerLimits,
    identity: options.identity ?? null,
    hello: {
      name: 'tester',
      kind: 'train',
      platform: 'node',
      backend: 'wasm',
      numericClass: 'wasm',
      flopsPerSecond: 1e9,
      slots: options.slots ?? 1,
      codeVersion: '0.1.0',
    },
  });
  const self: Stage = {
    state,
    now: 0,
    random: 1,
    say: (event) => stepSession(state, event, { now: self.now, random: self.random }),
    hear: (message) => self.say({ type: 'received', message }),
    advance: (ms) => advance(self, ms),
    join: (welcome) => [
      ...self.say({ type: 'opened' }),
      ...self.hear({
        type: 'welcome',
        version: 1,
        workerId,
        secret: state.identity ? null : 'sesame',
        heartbeatMs: 2_000,
        leaseMs: 9_000,
        codeVersion: '0.1.0',
        ...welcome,
      }),
    ],
  };
  return self;
}

function advance(self: Stage, ms: number): SessionEffect[] {
  const until = self.now + ms;
  const effects: SessionEffect[] = [];
  for (let wakeAt = nextWakeAt(self.state); wakeAt !== null && wakeAt <= until; wakeAt = nextWakeAt(self.state)) {
    self.now = Math.max(self.now, wakeAt);
    effects.push(...self.say({ type: 'ticked' }));
    const next = nextWakeAt(self.state);
    if (next !== null && next <= self.now) throw new Error(`woken at ${self.now}, wants to be woken at ${next} again`);
  }
  self.now = until;
  return effects;
}

/** The messages among effects, in order. */
export const sent = (effects: readonly SessionEffect[]): ClientMessage[] =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));

export const sentOf = <Type extends ClientMessage['type']>(effects: readonly SessionEffect[], type: Type) =>
  sent(effects).filter((message): message is Extract<ClientMessage, { type: Type }> => message.type === type);

export const effectsOf = <Type extends SessionEffect['type']>(effects: readonly SessionEffect[], type: Type) =>
  effects.filter((effect): effect is Extract<SessionEffect, { type: Type }> => effect.type === type);

/** A session that has joined and been given lease `n`. */
export function working(n = 1, work: Work = trainWork()): Stage {
  const self = stage();
  self.say({ type: 'started' });
  self.join();
  self.hear(leaseMessage(n, work));
  return self;
}
