import {
  afterClose,
  closeCodes,
  errorMeanings,
  errorOfClose,
  isErrorCode,
  supportedVersions,
  type ErrorCode,
  type MessageOf,
} from '@gradpool/protocol';
import { backoffMs } from './backoff.ts';
import { dropAllLeases, heldKeys, leasesDisconnected, repeatAfterWelcome, type Turn } from './session-leases.ts';

export function connect({ state, effects }: Turn): void {
  state.connection = { phase: 'connecting' };
  effects.push({ type: 'connect' });
}

export function greet({ state, env, effects }: Turn): void {
  if (state.connection.phase !== 'connecting') return;
  state.lastError = null;
  state.connection = { phase: 'greeting', giveUpAt: env.now + state.options.limits.greetingMs };
  const worker = { ...state.options.hello, name: state.name, identity: state.identity as never, held: heldKeys(state) };
  effects.push({ type: 'send', message: { type: 'hello', versions: supportedVersions, role: 'worker', worker } });
}

/** [V2] [I1] A welcome in any other phase is late and ignored. */
export function welcomed(turn: Turn, message: MessageOf<'welcome'>): void {
  const { state, env, effects } = turn;
  if (state.connection.phase !== 'greeting') return;
  if (message.version < supportedVersions.min || message.version > supportedVersions.max) {
    effects.push({ type: 'disconnect', code: closeCodes.version, reason: 'E_VERSION' });
    return end(
      turn,
      'E_VERSION',
      `the coordinator speaks protocol version ${message.version}, this worker ${describe()}`,
    );
  }
  if (message.secret !== null) {
    state.identity = { workerId: message.workerId, secret: message.secret };
    effects.push({ type: 'keepIdentity', identity: state.identity });
  }
  const { heartbeatMs } = message;
  state.connection = { phase: 'joined', heartbeatMs, heartbeatAt: env.now + heartbeatMs, wanted: 0 };
  state.attempt = 0;
  state.reconnectHintMs = null;
  if (state.drain) state.drain = { ...state.drain, offlineDeadline: null };
  effects.push({ type: 'joined', workerId: message.workerId, codeVersion: message.codeVersion });
  const ours = state.options.hello.codeVersion;
  if (withoutBuild(message.codeVersion) !== withoutBuild(ours)) {
    const text = `the coordinator runs gradpool ${message.codeVersion}, this worker ${ours}; results may differ`;
    effects.push({ type: 'log', level: 'warn', message: text });
  }
  repeatAfterWelcome(turn);
}

/** `0.2.0+abc123` and `0.2.0` are the same code as far as results go. */
const withoutBuild = (version: string): string => version.split('+')[0] ?? version;

const describe = (): string => `${supportedVersions.min} to ${supportedVersions.max}`;

export function closed(turn: Turn, { code, reason }: { readonly code: number; readonly reason: string }): void {
  const { state, env, effects } = turn;
  const { phase } = state.connection;
  if (phase === 'new' || phase === 'waiting') return;
  const after = afterClose(code);
  if (after === 'fatal') return refused(turn, { code, reason });
  leasesDisconnected(turn);
  if (after === 'reconnectAnew') {
    state.identity = null;
    effects.push({ type: 'keepIdentity', identity: null });
    dropAllLeases(turn, 'E_IDENTITY');
  }
  const { reconnectFirstMs: firstMs, reconnectMaxMs: maxMs, drainOfflineMs } = state.options.limits;
  const backoff = backoffMs({ attempt: state.attempt, firstMs, maxMs, random: env.random });
  const hinted = state.reconnectHintMs === null ? 0 : state.reconnectHintMs * (1 + env.random / 2);
  const delayMs = Math.round(Math.max(backoff, hinted));
  state.reconnectHintMs = null;
  state.attempt += 1;
  state.connection = { phase: 'waiting', reconnectAt: env.now + delayMs };
  if (state.drain) state.drain = { ...state.drain, offlineDeadline: env.now + drainOfflineMs };
  const text = lossText({ phase, code, reason, delayMs });
  effects.push({ type: 'log', level: 'warn', message: text }, { type: 'lost', message: text, retryMs: delayMs });
}

/** The close says with what code, the `error` before it (where there was one) in more words. */
function refused(turn: Turn, close: { readonly code: number; readonly reason: string }): void {
  const { lastError } = turn.state;
  const named = close.reason.split(':')[0] ?? '';
  const code = isErrorCode(named) ? named : (errorOfClose(close.code) ?? 'E_INTERNAL');
  const said = lastError?.code === code ? lastError.message : close.reason.slice(named.length + 1).trim();
  end(turn, code, said === '' ? errorMeanings[code] : said);
}

function lossText(loss: { phase: string; code: number; reason: string; delayMs: number }): string {
  const why = loss.reason === '' ? `code ${loss.code}` : loss.reason;
  const what =
    loss.phase === 'joined' ? 'connection to the coordinator lost' : 'E_UNREACHABLE: cannot join the coordinator';
  return `${what} (${why}); trying again in ${(loss.delayMs / 1000).toFixed(1)} s`;
}

export function end(turn: Turn, code: ErrorCode | null, message: string): void {
  dropAllLeases(turn, code ?? 'drained');
  turn.state.connection = { phase: 'over' };
  turn.effects.push({ type: 'end', code, message });
}
