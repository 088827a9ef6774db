import { describe, expect, test } from '@jest/globals';
import { closeCodes, decodeClient, encode, wireLimits, type ClientMessage } from '@gradpool/protocol';
import {
  checkpointAt,
  effectsOf,
  leaseKey,
  leaseMessage,
  moved,
  sent,
  sentOf,
  stage,
  trainOutcome,
  trainWork,
  workerId,
  working,
} from './session-fixture.ts';
import { nextWakeAt } from './session.ts';
import { workerLimits } from './worker-limits.ts';

const leaseId = leaseKey(1).leaseId;
const finished = { type: 'finished', leaseId, outcome: trainOutcome, vector: null } as const;
const lost = { type: 'closed', code: 1006, reason: '' } as const;
const settled = { type: 'settled', lease: leaseKey(1), accepted: true, code: null, message: null } as const;

describe('joining', () => {
  test('[C6] [V1] says hello first, with the versions it speaks', () => {
    const self = stage();
    expect(self.say({ type: 'started' })).toEqual([{ type: 'connect' }]);
    const [hello] = sent(self.say({ type: 'opened' }));
    expect(hello).toMatchObject({ type: 'hello', versions: { min: 1, max: 1 }, worker: { identity: null, held: [] } });
    expect(hello && decodeClient(encode(hello)).ok).toBe(true);
  });

  test('[I1] keeps the identity it is given and says it at the next meeting', () => {
    const self = stage();
    self.say({ type: 'started' });
    const identity = { workerId, secret: 'sesame' };
    const effects = self.join();
    expect(effectsOf(effects, 'keepIdentity')).toEqual([{ type: 'keepIdentity', identity }]);
    expect(effectsOf(effects, 'joined')).toEqual([{ type: 'joined', workerId, codeVersion: '0.1.0' }]);
    self.say(lost);
    self.advance(1_000);
    expect(sentOf(self.join(), 'hello')[0]?.worker.identity).toEqual(identity);
  });

  test('[I2] a refused identity is forgotten, and what it held is dropped', () => {
    const self = stage({ identity: { workerId, secret: 'old' } });
    self.say({ type: 'started' });
    self.join({ secret: null });
    self.hear(leaseMessage(1));
    const effects = self.say({ type: 'closed', code: closeCodes.badIdentity, reason: 'E_IDENTITY' });
    expect(effectsOf(effects, 'keepIdentity')).toEqual([{ type: 'keepIdentity', identity: null }]);
    expect(effectsOf(effects, 'stop')).toMatchObject([{ leaseId, how: 'drop' }]);
    self.advance(1_000);
    expect(sentOf(self.say({ type: 'opened' }), 'hello')[0]?.worker).toMatchObject({ identity: null, held: [] });
  });

  test('[V2] a version it does not speak ends it', () => {
    const self = stage();
    self.say({ type: 'started' });
    expect(effectsOf(self.join({ version: 2 }), 'end')).toMatchObject([{ code: 'E_VERSION' }]);
  });

  test('a connection without a welcome is given up and tried again', () => {
    const self = stage();
    self.say({ type: 'started' });
    self.say({ type: 'opened' });
    const effects = self.advance(workerLimits.greetingMs + 300);
    expect(effects.map(({ type }) => type)).toEqual(['disconnect', 'log', 'lost', 'connect']);
  });

  test('another code version is told to people, another build of the same is not', () => {
    const self = stage();
    self.say({ type: 'started' });
    expect(effectsOf(self.join({ codeVersion: '0.1.0+abc' }), 'log')).toEqual([]);
    self.say(lost);
    self.advance(1_000);
    expect(effectsOf(self.join({ codeVersion: '0.2.0' }), 'log')).toMatchObject([{ level: 'warn' }]);
  });
});

describe('leases', () => {
  test('[L1] asks for its free slots, again when one is free', () => {
    const self = stage({ slots: 3 });
    self.say({ type: 'started' });
    expect(sentOf(self.join(), 'pull')).toEqual([{ type: 'pull', want: 3 }]);
    const begun = [1, 2, 3].flatMap((n) => effectsOf(self.hear(leaseMessage(n)), 'begin'));
    expect(begun.map(({ lease }) => lease)).toEqual([1, 2, 3].map((n) => leaseKey(n)));
    expect(sent(self.say(finished)).map(({ type }) => type)).toEqual(['result', 'pull']);
    expect(sentOf(self.say({ type: 'dropped', leaseId: leaseKey(2).leaseId }), 'pull')).toEqual([
      { type: 'pull', want: 2 },
    ]);
  });

  test('[L3] a heartbeat every heartbeatMs names all it holds', () => {
    const self = working();
    self.say(finished);
    self.hear(leaseMessage(2));
    const beats = sentOf(self.advance(10_000), 'heartbeat');
    expect(beats).toHaveLength(5);
    for (const beat of beats) expect(beat.leases).toEqual([leaseKey(1), leaseKey(2)]);
  });

  test('[L4] more leases than slots are queued, kept alive, and begun in turn', () => {
    const self = working(1);
    expect(effectsOf(self.hear(leaseMessage(2)), 'begin')).toEqual([]);
    expect(sentOf(self.advance(2_000), 'heartbeat')[0]?.leases).toEqual([leaseKey(1), leaseKey(2)]);
    expect(effectsOf(self.say(finished), 'begin')).toMatchObject([{ lease: leaseKey(2) }]);
  });

  test('[L5] repeated, unknown and late messages change nothing', () => {
    const self = working();
    const before = JSON.stringify([...self.state.leases.values()]);
    expect(effectsOf(self.hear(leaseMessage(1)), 'begin')).toEqual([]);
    expect(self.hear({ ...settled, lease: leaseKey(5) })).toEqual([]);
    expect(self.hear(settled)).toEqual([]);
    const revoke = { type: 'revoke', code: 'E_LEASE_EXPIRED', message: '', checkpointFirst: false } as const;
    expect(self.hear({ ...revoke, lease: leaseKey(5) })).toEqual([]);
    expect(self.hear({ ...revoke, lease: leaseKey(1, 99) })).toEqual([]);
    self.say({ type: 'finished', leaseId: leaseKey(8).leaseId, outcome: trainOutcome, vector: null });
    self.say({ type: 'opened' });
    expect(self.hear({ type: 'closing', reconnectMs: 5, message: 'bye' })).toMatchObject([{ type: 'log' }]);
    expect(JSON.stringify([...self.state.leases.values()])).toBe(before);
  });

  test('a frame that is no message is logged and otherwise ignored', () => {
    const self = working();
    const effects = self.say({ type: 'garbled', code: 'E_FRAME_TRUNCATED', message: 'cut' });
    expect(effects).toMatchObject([{ type: 'log', level: 'warn' }]);
    expect(self.state.connection.phase).toBe('joined');
  });
});

describe('progress', () => {
  test('[P1] at most 4 a second, always the newest', () => {
    const self = working();
    const messages = [];
    for (let i = 1; i <= 1_000; i += 1) {
      messages.push(...sentOf(self.say(moved(1, i / 1_000)), 'progress'));
      messages.push(...sentOf(self.advance(10), 'progress'));
    }
    expect(messages.length).toBeGreaterThan(36);
    expect(messages.length).toBeLessThanOrEqual(41);
    expect(messages.at(-1)?.fraction).toBeGreaterThan(0.97);
  });

  test('[P2] points of the last minute of a lost connection are sent again', () => {
    const self = working();
    const point = (epoch: number) => ({ epoch, name: 'train_mse', value: epoch / 10 });
    const ended = (epoch: number) => self.say({ type: 'epochEnded', leaseId, points: [point(epoch)] });
    ended(1);
    self.advance(workerLimits.pointsResendMs + 1_000);
    ended(2);
    self.advance(1_000);
    ended(3);
    self.say(lost);
    ended(4);
    self.advance(1_000);
    const [progress] = sentOf(self.join({ secret: null }), 'progress');
    expect(progress?.points.map(({ epoch }) => epoch)).toEqual([2, 3, 4]);
  });

  test('[P2] more points than fit one message go in several, before the result', () => {
    const self = working();
    self.say(lost);
    const points = Array.from({ length: 600 }, (_, epoch) => ({ epoch, name: 'train_mse', value: 1 }));
    self.say({ type: 'epochEnded', leaseId, points });
    self.say(finished);
    self.advance(1_000);
    const messages = sent(self.join({ secret: null })).filter(({ type }) => type !== 'hello' && type !== 'pull');
    expect(messages.map(({ type }) => type)).toEqual(['progress', 'progress', 'progress', 'result']);
    expect(messages.map((message) => (message.type === 'progress' ? message.points.length : 0))).toEqual([
      256, 256, 88, 0,
    ]);
    for (const message of messages) expect(decodeClient(encode(message)).ok).toBe(true);
  });

  test('[P4] pictures follow the points of their epoch, once more after a lost connection, before the result', () => {
    const self = working();
    const pictures = (epoch: number) => ({ epoch, bytes: Uint8Array.of(epoch) });
    self.say({ type: 'epochEnded', leaseId, points: [{ epoch: 1, name: 'train_mse', value: 1 }] });
    self.say({ type: 'pictured', leaseId, pictures: pictures(1) });
    expect(sent(self.advance(300)).map(({ type }) => type)).toEqual(['progress', 'pictures']);
    self.say(lost);
    self.say({ type: 'pictured', leaseId, pictures: pictures(2) });
    self.say(finished);
    self.advance(1_000);
    const messages = sent(self.join({ secret: null })).filter(({ type }) => type !== 'hello' && type !== 'pull');
    expect(messages.map(({ type }) => type)).toEqual(['progress', 'pictures', 'pictures', 'result']);
    expect(messages.map((message) => (message.type === 'pictures' ? message.bytes[0] : 0))).toEqual([0, 1, 2, 0]);
    for (const message of messages) expect(decodeClient(encode(message)).ok).toBe(true);
  });

  test('figures that are no numbers do not reach the wire', () => {
    const self = working();
    const position = { epoch: 0, epochs: 2, fraction: 1.5, loss: NaN, imagesPerSecond: Infinity };
    self.say({ type: 'epochEnded', leaseId, points: [{ epoch: 1, name: 'x', value: NaN }] });
    const effects = [...self.say({ type: 'moved', leaseId, position }), ...self.advance(300)];
    expect(sentOf(effects, 'progress').at(-1)).toMatchObject({
      fraction: 1,
      loss: null,
      imagesPerSecond: 0,
      points: [],
    });
  });
});

describe('checkpoints', () => {
  const stored = { type: 'checkpointStored', leaseId, checkpoint: checkpointAt(3) } as const;

  test('[K1] one that is stored is said, and again after a reconnect', () => {
    const self = working();
    const message = { type: 'checkpoint', lease: leaseKey(1), checkpoint: checkpointAt(3) };
    expect(sentOf(self.say(stored), 'checkpoint')).toEqual([message]);
    self.say(lost);
    self.advance(1_000);
    expect(sentOf(self.join({ secret: null }), 'checkpoint')).toEqual([message]);
  });

  test('[K1] the one it was given to resume from is not said back', () => {
    const self = working(1, trainWork({ resume: checkpointAt(2) }));
    self.say(lost);
    self.advance(1_000);
    expect(sentOf(self.join({ secret: null }), 'checkpoint')).toEqual([]);
  });
});

describe('endings', () => {
  test('[R2] a result is kept through lost connections until it is settled', () => {
    const self = working();
    self.say(lost);
    self.say(finished);
    for (let round = 0; round < 3; round += 1) {
      self.advance(20_000);
      const effects = self.join({ secret: null });
      expect(sentOf(effects, 'hello')[0]?.worker.held).toEqual([leaseKey(1)]);
      expect(sentOf(effects, 'result')).toEqual([{ type: 'result', lease: leaseKey(1), outcome: trainOutcome }]);
      self.say(lost);
    }
    self.advance(20_000);
    self.join({ secret: null });
    self.hear(settled);
    expect(self.state.leases.size).toBe(0);
  });

  test('[M2] a vector goes ahead of its result in parts, and again after a lost connection', () => {
    const self = working();
    const vector = new Uint8Array(wireLimits.vectorPartBytesMax + 3).fill(7);
    const { vectorPartBytesMax } = wireLimits;
    const said = sent(self.say({ ...finished, vector }));
    expect(said.map(({ type }) => type)).toEqual(['pull', 'vector', 'vector', 'result']);
    const parts = (messages: readonly ClientMessage[]) =>
      messages.flatMap((message) =>
        message.type === 'vector' ? [[message.total, message.offset, message.bytes.length]] : [],
      );
    const expected = [
      [vector.length, 0, vectorPartBytesMax],
      [vector.length, vectorPartBytesMax, 3],
    ];
    expect(parts(said)).toEqual(expected);
    self.say(lost);
    self.advance(20_000);
    const again = sent(self.join({ secret: null }));
    expect(parts(again)).toEqual(expected);
    expect(again.findIndex(({ type }) => type === 'result')).toBeGreaterThan(
      again.findLastIndex(({ type }) => type === 'vector'),
    );
  });

  test('[M2] micro-batches free their slot before their sum is sent', () => {
    const self = stage();
    self.say({ type: 'started' });
    self.join();
    const work = { ...trainWork(), kind: 'micro', round: 3, from: 0, to: 2, parameters: null } as never;
    self.hear(leaseMessage(1, work));
    const said = sent(self.say({ ...finished, vector: Uint8Array.of(1) }));
    expect(said.map(({ type }) => type)).toEqual(['progress', 'pull', 'vector', 'result']);
    expect(said[0]).toMatchObject({ lease: leaseKey(1), fraction: 1 });
  });

  test('[R2] a refusal is final', () => {
    const self = working();
    self.say(finished);
    const effects = self.hear({ ...settled, accepted: false, code: 'E_LEASE_STALE', message: 'too late' });
    expect(effectsOf(effects, 'log')).toMatchObject([{ level: 'warn' }]);
    expect(self.state.leases.size).toBe(0);
  });

  test('[R4] after failures the next pull waits, longer each time, until something succeeds', () => {
    const self = stage();
    self.say({ type: 'started' });
    self.join();
    const waits = [1, 2, 3].map((n) => {
      self.hear(leaseMessage(n));
      const failure = { type: 'failed', leaseId: leaseKey(n).leaseId, code: 'E_NAN_LOSS', message: 'NaN' } as const;
      expect(sentOf(self.say(failure), 'pull')).toEqual([]);
      const from = self.now;
      while (sentOf(self.advance(50), 'pull').length === 0);
      return self.now - from;
    });
    expect(waits).toEqual([250, 500, 1_000]);
    self.hear(leaseMessage(4));
    expect(sentOf(self.say({ ...finished, leaseId: leaseKey(4).leaseId }), 'pull')).toHaveLength(1);
  });
});

describe('revoking', () => {
  const revoke = (checkpointFirst: boolean) =>
    ({ type: 'revoke', lease: leaseKey(1), code: 'E_SWEEP_PAUSED', message: 'paused', checkpointFirst }) as const;

  test('[S1] dropped work says nothing more and frees its slot when it has stopped', () => {
    const self = working();
    expect(effectsOf(self.hear(revoke(false)), 'stop')).toMatchObject([{ leaseId, how: 'drop' }]);
    expect(sent(self.say(moved(1, 0.5)))).toEqual([]);
    expect(sentOf(self.advance(2_000), 'heartbeat')[0]?.leases).toEqual([]);
    expect(sent(self.say(finished))).toEqual([{ type: 'pull', want: 1 }]);
    expect(self.state.leases.size).toBe(0);
  });

  test('[S1] with a checkpoint first, the work is handed back with it', () => {
    const self = working();
    expect(effectsOf(self.hear(revoke(true)), 'stop')).toMatchObject([{ leaseId, how: 'checkpoint' }]);
    const effects = self.say({ type: 'handedBack', leaseId, reason: 'E_SWEEP_PAUSED', checkpoint: checkpointAt(4) });
    expect(sentOf(effects, 'release')).toEqual([
      { type: 'release', lease: leaseKey(1), reason: 'E_SWEEP_PAUSED', checkpoint: checkpointAt(4) },
    ]);
    self.hear(settled);
    expect(self.state.leases.size).toBe(0);
  });

  test('[S1] where no new checkpoint could be stored, the last one stands', () => {
    const self = working(1, trainWork({ resume: checkpointAt(2) }));
    self.hear(revoke(true));
    const effects = self.say({ type: 'handedBack', leaseId, reason: '', checkpoint: null });
    expect(sentOf(effects, 'release')[0]?.checkpoint).toEqual(checkpointAt(2));
  });

  test('[S1] a drop follows a checkpoint that takes too long', () => {
    const self = working();
    self.hear(revoke(true));
    expect(effectsOf(self.hear(revoke(false)), 'stop')).toMatchObject([{ how: 'drop' }]);
  });

  test('[S1] queued work is released or forgotten at once', () => {
    const self = working(2);
    self.hear(leaseMessage(1));
    expect(sentOf(self.hear(revoke(true)), 'release')).toMatchObject([{ lease: leaseKey(1), checkpoint: null }]);
    self.hear(settled);
    self.hear(leaseMessage(1));
    self.hear(revoke(false));
    expect([...self.state.leases.keys()]).toEqual([leaseKey(2).leaseId]);
  });

  test('[S2] an ending that crosses a revoke is forgotten', () => {
    const self = working();
    self.say(finished);
    self.hear(revoke(false));
    expect(self.hear(settled)).toEqual([]);
    expect(self.state.leases.size).toBe(0);
  });
});

describe('draining', () => {
  test('[D1] [D3] hands back with a checkpoint, waits for the answer, says bye', () => {
    const self = working();
    const effects = self.say({ type: 'drainAsked' });
    expect(sent(effects)).toEqual([{ type: 'pull', want: 0 }]);
    expect(effectsOf(effects, 'stop')).toMatchObject([{ leaseId, how: 'checkpoint' }]);
    const release = self.say({ type: 'handedBack', leaseId, reason: 'stopping', checkpoint: checkpointAt(1) });
    expect(sent(release).map(({ type }) => type)).toEqual(['release']);
    const last = self.hear(settled);
    expect(sent(last)).toEqual([{ type: 'bye', reason: 'drained' }]);
    expect(effectsOf(last, 'disconnect')).toMatchObject([{ code: 1000 }]);
    expect(last.at(-1)).toMatchObject({ type: 'end', code: null });
    expect(nextWakeAt(self.state)).toBeNull();
  });

  test('[D1] a lease that needs less than 2 s more is finished', () => {
    const self = working();
    self.say(moved(1, 0));
    self.advance(10_000);
    self.say(moved(1, 0.9));
    expect(effectsOf(self.say({ type: 'drainAsked' }), 'stop')).toEqual([]);
    self.advance(1_000);
    self.say(finished);
    expect(effectsOf(self.hear(settled), 'end')).toMatchObject([{ code: null }]);
  });

  test('[D1] but stopped after all when it takes much longer', () => {
    const self = working();
    self.say(moved(1, 0));
    self.advance(10_000);
    self.say(moved(1, 0.9));
    self.say({ type: 'drainAsked' });
    expect(effectsOf(self.advance(3_900), 'stop')).toEqual([]);
    expect(effectsOf(self.advance(200), 'stop')).toMatchObject([{ how: 'checkpoint' }]);
  });

  test('[D1] a lease that arrives while draining goes straight back', () => {
    const self = working();
    self.say({ type: 'drainAsked' });
    const resumed = leaseMessage(2, trainWork({ resume: checkpointAt(5) }));
    expect(sentOf(self.hear(resumed), 'release')).toMatchObject([{ lease: leaseKey(2), checkpoint: checkpointAt(5) }]);
  });

  test('[D2] ends without an answer after drainMs, and sooner without a connection', () => {
    const online = working();
    online.say({ type: 'drainAsked' });
    expect(effectsOf(online.advance(workerLimits.drainMs - 1), 'end')).toEqual([]);
    expect(effectsOf(online.advance(1), 'end')).toMatchObject([{ code: null }]);
    const offline = working();
    offline.say(lost);
    offline.say({ type: 'drainAsked' });
    expect(effectsOf(offline.advance(workerLimits.drainOfflineMs - 1), 'end')).toEqual([]);
    expect(effectsOf(offline.advance(1), 'end')).toMatchObject([{ code: null }]);
  });

  test.each(['new', 'connecting', 'waiting', 'joined'])('an idle worker that is %s ends at once', (phase) => {
    const self = stage();
    if (phase !== 'new') self.say({ type: 'started' });
    if (phase === 'waiting') self.say(lost);
    if (phase === 'joined') self.join();
    expect(effectsOf(self.say({ type: 'drainAsked' }), 'end')).toMatchObject([{ code: null }]);
    expect(self.say({ type: 'started' })).toEqual([]);
  });
});

describe('pausing', () => {
  test('[S3] hands back with a checkpoint, takes nothing until it is resumed, and says no bye', () => {
    const self = working();
    const effects = self.say({ type: 'pauseAsked', paused: true });
    expect(sentOf(effects, 'pull')).toEqual([{ type: 'pull', want: 0 }]);
    expect(effectsOf(effects, 'stop')).toMatchObject([{ leaseId, how: 'checkpoint' }]);
    const back = self.say({ type: 'handedBack', leaseId, reason: 'the worker is paused', checkpoint: checkpointAt(1) });
    expect(sentOf(back, 'release')).toMatchObject([{ reason: 'the worker is paused', checkpoint: checkpointAt(1) }]);
    self.hear(settled);
    expect(sentOf(self.advance(20_000), 'heartbeat').length).toBeGreaterThan(5);
    expect(sentOf(self.say({ type: 'pauseAsked', paused: false }), 'pull')).toEqual([{ type: 'pull', want: 1 }]);
  });

  test('[S3] a lease that arrives while paused goes straight back', () => {
    const self = stage();
    self.say({ type: 'started' });
    self.join();
    self.say({ type: 'pauseAsked', paused: true });
    expect(sentOf(self.hear(leaseMessage(1)), 'release')).toMatchObject([{ lease: leaseKey(1), checkpoint: null }]);
  });

  test('[S3] a paused worker that reconnects still takes nothing', () => {
    const self = stage();
    self.say({ type: 'pauseAsked', paused: true });
    self.say({ type: 'started' });
    expect(sentOf(self.join(), 'pull')).toEqual([]);
  });
});

describe('another name', () => {
  test('is said at once, by a worker that goes on', () => {
    const self = working();
    const effects = self.say({ type: 'renamed', name: 'Ada' });
    expect(effects.map(({ type }) => type)).toEqual(['disconnect', 'connect']);
    expect(sentOf(self.join(), 'hello')[0]?.worker).toMatchObject({ name: 'Ada', held: [leaseKey(1)] });
    expect(self.say({ type: 'renamed', name: 'Ada' })).toEqual([]);
  });

  test('waits for the next connection where there is none', () => {
    const self = stage();
    self.say({ type: 'started' });
    expect(self.say({ type: 'renamed', name: 'Ada' })).toEqual([]);
    expect(sentOf(self.join(), 'hello')[0]?.worker.name).toBe('Ada');
  });
});

describe('reconnecting', () => {
  test('[D5] waits 0.25 s doubling to 2 s, less up to half by chance', () => {
    const self = stage();
    self.say({ type: 'started' });
    const delays = Array.from({ length: 8 }, (_, i) => {
      self.random = i % 2;
      self.say(lost);
      const from = self.now;
      self.random = 0;
      while (effectsOf(self.advance(1), 'connect').length === 0);
      return self.now - from;
    });
    expect(delays).toEqual([125, 500, 500, 2_000, 1_000, 2_000, 1_000, 2_000]);
  });

  test('[D5] a welcome starts the delays anew, and held leases are said', () => {
    const self = working();
    self.say(lost);
    self.advance(250);
    expect(sentOf(self.join({ secret: null }), 'hello')[0]?.worker.held).toEqual([leaseKey(1)]);
    self.say(lost);
    expect(effectsOf(self.advance(250), 'connect')).toHaveLength(1);
  });

  test('[D4] after closing it comes back when it was asked to, and works on meanwhile', () => {
    const self = working();
    self.hear({ type: 'closing', reconnectMs: 3_000, message: 'restart' });
    expect(effectsOf(self.say({ type: 'closed', code: 4503, reason: 'E_CLOSING' }), 'stop')).toEqual([]);
    expect(effectsOf(self.advance(4_499), 'connect')).toEqual([]);
    expect(effectsOf(self.advance(1), 'connect')).toHaveLength(1);
  });

  test.each([
    [4401, 'E_TOKEN', 'E_TOKEN', 'The token is missing or wrong'],
    [4403, 'E_ROLE: needs trusted', 'E_ROLE', 'needs trusted'],
    [4403, 'E_ORIGIN', 'E_ORIGIN', 'origin'],
    [4409, '', 'E_REPLACED', 'connected again elsewhere'],
    [4426, 'E_VERSION', 'E_VERSION', 'Bring the older one up to date'],
  ])('[D5] close %i (%s) ends it with %s', (code, reason, error, text) => {
    const self = working();
    const effects = self.say({ type: 'closed', code, reason });
    expect(effectsOf(effects, 'stop')).toMatchObject([{ how: 'drop' }]);
    const [end] = effectsOf(effects, 'end');
    expect(end?.code).toBe(error);
    expect(end?.message).toContain(text);
  });

  test('[D5] the error before such a close says why', () => {
    const self = stage();
    self.say({ type: 'started' });
    self.say({ type: 'opened' });
    self.hear({ type: 'error', code: 'E_VERSION', message: 'this coordinator speaks 3 to 4' });
    const [end] = effectsOf(self.say({ type: 'closed', code: 4426, reason: 'E_VERSION' }), 'end');
    expect(end).toMatchObject({ code: 'E_VERSION', message: 'this coordinator speaks 3 to 4' });
  });

  test('a broken backend ends the session', () => {
    const self = working();
    const effects = self.say({ type: 'brokeDown', code: 'E_BACKEND', message: 'no memory' });
    expect(effects.map(({ type }) => type)).toEqual(['disconnect', 'stop', 'end']);
  });
});
