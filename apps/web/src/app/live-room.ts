import {
  afterClose,
  decodeServer,
  emptyRoom,
  encode,
  errorOfClose,
  socketUrl,
  subprotocolsFor,
  supportedVersions,
  withMessage,
  type MessageOf,
  type WatchedRoom,
} from '@gradpool/protocol';

export type Changes = MessageOf<'changes'>;

/** `refused`: no further attempt would change it; `code` says why. */
export type Connection =
  { readonly state: 'connecting' | 'live' | 'lost' } | { readonly state: 'refused'; readonly code: string };

/** What is known of the room. A new object after every change, so that views can compare by identity. */
export interface RoomNow extends WatchedRoom {
  readonly connection: Connection;
}

const retry = { firstMs: 250, maxMs: 5_000 } as const;

/**
 * One viewer socket for the whole page. It reconnects with growing, jittered delays; the snapshot that follows replaces
 * what was known, and listeners of `onChanges` are told by `onSnapshot` that they may have missed something.
 */
export class LiveRoom {
  #now: RoomNow = { ...emptyRoom, connection: { state: 'connecting' } };
  readonly #token: string;
  readonly #seen = new Set<() => void>();
  readonly #changes = new Set<(changes: Changes) => void>();
  readonly #snapshots = new Set<() => void>();
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #retryMs: number = retry.firstMs;
  #closed = false;

  constructor(token: string) {
    this.#token = token;
    this.#connect();
  }

  /** For useSyncExternalStore. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#seen.add(listener);
    return () => this.#seen.delete(listener);
  };

  readonly snapshot = (): RoomNow => this.#now;

  /** Trials, cells and metric points as they arrive; they are not kept here. */
  onChanges(listener: (changes: Changes) => void): () => void {
    this.#changes.add(listener);
    return () => this.#changes.delete(listener);
  }

  onSnapshot(listener: () => void): () => void {
    this.#snapshots.add(listener);
    return () => this.#snapshots.delete(listener);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  #connect(): void {
    this.#timer = null;
    const socket = new WebSocket(socketUrl(window.location.origin), subprotocolsFor(this.#token));
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      socket.send(new Uint8Array(encode({ type: 'watch', versions: supportedVersions })));
    });
    socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      this.#heard(new Uint8Array(data));
    });
    socket.addEventListener('close', ({ code }) => {
      this.#lost(code);
    });
  }

  #heard(bytes: Uint8Array): void {
    const decoded = decodeServer(bytes);
    if (!decoded.ok) return;
    const { message } = decoded;
    if (message.type === 'snapshot') {
      this.#retryMs = retry.firstMs;
      this.#set({ ...withMessage(this.#now, message), connection: { state: 'live' } });
      for (const listener of this.#snapshots) listener();
    } else if (message.type === 'changes') {
      this.#set({ ...this.#now, ...withMessage(this.#now, message) });
      for (const listener of this.#changes) listener(message);
    }
  }

  #lost(code: number): void {
    if (this.#closed) return;
    if (afterClose(code) === 'fatal') {
      this.#closed = true;
      return this.#set({ ...this.#now, connection: { state: 'refused', code: errorOfClose(code) ?? 'E_TOKEN' } });
    }
    this.#set({ ...this.#now, connection: { state: 'lost' } });
    this.#timer = setTimeout(() => this.#connect(), this.#retryMs * (0.75 + Math.random() / 2));
    this.#retryMs = Math.min(retry.maxMs, 2 * this.#retryMs);
  }

  #set(now: RoomNow): void {
    this.#now = now;
    for (const listener of this.#seen) listener();
  }
}
