import type { Digest } from '@gradpool/protocol';
import type { WorkerBackend } from './engine.ts';

/** Issued by the coordinator at the first meeting; says that this worker is the same one again. */
export interface Identity {
  readonly workerId: string;
  readonly secret: string;
}

/** An open (or opening) connection. `send` and `close` are ignored once it is closed. */
export interface Socket {
  send(bytes: Uint8Array): void;
  close(code: number, reason: string): void;
}

/**
 * What a platform tells of one connection. `closed` comes exactly once, also when the connection never opened: then with
 * 1006, or with 4401 or 4403 where the coordinator refused the token.
 */
export interface SocketHandlers {
  opened(): void;
  received(bytes: Uint8Array): void;
  closed(code: number, reason: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * Everything that a worker needs from where it runs; Node and the browser each have one. All that fetches rejects with
 * `WorkError`; `transient` ones are worth another attempt.
 */
export interface Platform {
  /** ms on a clock that never runs backward. */
  readonly now: () => number;
  /** Calls back once after `ms`; the result cancels. */
  readonly setTimer: (ms: number, callback: () => void) => () => void;
  /** Uniform in [0, 1): jitter only. */
  readonly random: () => number;
  /** Lets sockets, timers and uploads run between two steps of work. */
  readonly yieldToLoop: () => Promise<void>;
  readonly connect: (handlers: SocketHandlers) => Socket;
  readonly loadIdentity: () => Promise<Identity | null>;
  /** `null` forgets it. */
  readonly saveIdentity: (identity: Identity | null) => Promise<void>;
  /** SHA-256 as 64 lower-case hex digits, by native code where there is some. */
  readonly sha256: (bytes: Uint8Array) => Promise<string>;
  /** Bytes of an artifact. The caller checks the digest. */
  readonly getArtifact: (sha256: Digest, signal: AbortSignal) => Promise<Uint8Array>;
  /** Stores an artifact, for good or for one round; repeating it is harmless. */
  readonly putArtifact: (
    sha256: Digest,
    bytes: Uint8Array,
    signal: AbortSignal,
    purpose: 'keep' | 'round',
  ) => Promise<void>;
  /** JSON of the manifest with this digest, from the coordinator or a cache. */
  readonly datasetManifest: (digest: Digest, signal: AbortSignal) => Promise<unknown>;
  /**
   * One data file, from a cache where there is one. The bytes have that digest: a cached copy that does not is fetched
   * again; E_DATA_DIGEST where the fetched one does not either.
   */
  readonly dataFile: (sha256: Digest, bytes: number, signal: AbortSignal) => Promise<Uint8Array>;
  /** Chooses and opens the numeric backend; rejects with E_BACKEND where there is none. */
  readonly openBackend: () => Promise<WorkerBackend>;
  readonly log: (level: LogLevel, message: string) => void;
}
