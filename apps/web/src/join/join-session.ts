import type { Identity } from '@gradpool/worker';
import type { BackendWish, Failure, FromWorker, Start, ToWorker } from '../worker/messages.ts';
import { backendWish, isGpu } from './backend-choice.ts';
import { describeBrowser } from './describe-browser.ts';
import type { DeviceMemory } from './device-memory.ts';
import { reduce, startState, type JoinEvent, type JoinState } from './join-state.ts';
import type { TabNumber } from './tab-number.ts';
import { nickname } from './names.ts';
import { missingFeature } from './missing-feature.ts';

/** A worker hands back within ten seconds, or is taken to have vanished. */
const leavingMsMax = 12_000;

/** Without a training finished in between. */
const restartsMax = 3;

export interface JoinSessionOptions {
  readonly token: string;
  readonly url: string;
  readonly codeVersion: string;
  readonly memory: DeviceMemory;
  /** Name of the one backend to use, from the page's address. */
  readonly backend: string | null;
  /** Trainings to run at a time, where backend and browser allow it. */
  readonly engines: number;
  readonly openWorker: () => Worker;
  readonly claimTab: () => Promise<TabNumber>;
}

/** Owns this page's Web Worker, its tab number and what is known of both. `close` frees them. */
export class JoinSession {
  readonly #options: JoinSessionOptions;
  readonly #listeners = new Set<() => void>();
  #state: JoinState;
  #worker: Worker | null = null;
  #tab: TabNumber | null = null;
  #identity: Identity | null = null;
  #gpuFailed = false;
  #engines: number;
  #restarts = 0;
  #stepped = false;
  #closed = false;

  constructor(options: JoinSessionOptions) {
    this.#options = options;
    this.#engines = options.engines;
    this.#state = startState({ name: '', paused: false, share: options.memory.share() });
    void this.#start();
  }

  /** For useSyncExternalStore. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): JoinState => this.#state;

  pause(paused: boolean): void {
    this.#tell({ type: 'pause', paused });
    this.#note({ type: 'paused', paused });
  }

  setShare(share: number): void {
    this.#options.memory.keepShare(share);
    this.#tell({ type: 'power', share });
    this.#note({ type: 'shared', share });
  }

  rename(name: string): void {
    this.#note({ type: 'renamed', name });
    this.#keep();
    this.#tell({ type: 'rename', name });
  }

  leave(): void {
    this.#tell({ type: 'leave' });
  }

  /** As `leave`; resolves once the work is handed back, at the latest after some seconds. */
  readonly left = (): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(done, leavingMsMax);
      const stop = this.subscribe(() => {
        if (this.#state.stage.at === 'left' || this.#state.stage.at === 'stopped') done();
      });
      this.leave();
    });

  /** Joins again after leaving or a fault, as the same worker. */
  again(): void {
    this.#worker?.terminate();
    const { name, share } = this.#state;
    this.#state = startState({ name, paused: false, share });
    this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#worker?.terminate();
    this.#tab?.release();
  }

  async #start(): Promise<void> {
    const missing = missingFeature(globalThis);
    if (missing !== null) {
      const message = `${missing} is missing`;
      return this.#note({ type: 'over', failure: { code: 'E_BROWSER', message } });
    }
    const tab = await this.#options.claimTab();
    if (this.#closed) return tab.release();
    this.#tab = tab;
    const kept = this.#options.memory.worker(tab.tab);
    this.#identity = kept?.identity ?? null;
    this.#note({ type: 'renamed', name: kept?.name ?? nickname(Math.random) });
    this.#keep();
    this.#open();
  }

  #open(): void {
    const { token, url, codeVersion, openWorker } = this.#options;
    const { name, share, paused } = this.#state;
    const worker = openWorker();
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (worker === this.#worker) this.#heard(data);
    });
    worker.addEventListener('error', ({ message }) => {
      if (worker !== this.#worker) return;
      const said = message === '' ? 'the script of the worker did not start' : message;
      this.#note({ type: 'over', failure: { code: 'E_WORK', message: said } });
    });
    const platformName = describeBrowser(navigator.userAgent);
    const identity = this.#identity;
    const start: Start = {
      url,
      token,
      name,
      platformName,
      codeVersion,
      identity,
      share,
      paused,
      backend: this.#wish(),
      engines: this.#engines,
    };
    this.#tell({ type: 'start', start });
  }

  #heard(message: FromWorker): void {
    if (message.type === 'identity') {
      this.#identity = message.identity;
      this.#keep();
    }
    if (message.type === 'backend' && this.#options.backend === null && !this.#gpuFailed) {
      this.#options.memory.keepBackend(message.backend, navigator.userAgent);
    }
    if (message.type === 'ended' && message.how === 'finished') this.#restarts = 0;
    // How long a link takes from its opening to the first step: bench:join reads it.
    if (message.type === 'moved' && message.moved.loss !== null && !this.#stepped) {
      this.#stepped = true;
      performance.mark('gradpool-first-step');
    }
    if (message.type === 'over' && message.failure && this.#startsAfresh(message.failure))
      return this.#afresh(message.failure);
    this.#note(message);
  }

  /** A backend that broke down is replaced by a fresh one a few times, without the graphics device if that was it. */
  #startsAfresh({ code }: Failure): boolean {
    return code.startsWith('E_BACKEND') && code !== 'E_BACKEND_NONE' && this.#restarts < restartsMax;
  }

  #afresh(failure: Failure): void {
    this.#restarts += 1;
    // Of several engines on the processor it is their number that a device cannot bear.
    if (isGpu(this.#state.backend)) this.#gpuFailed = true;
    else this.#engines = Math.max(1, Math.floor(this.#engines / 2));
    this.#note({ type: 'restarted', failure });
    this.#open();
  }

  #wish(): BackendWish {
    const { memory, backend: asked } = this.#options;
    return backendWish({ asked, remembered: memory.backend(navigator.userAgent), gpuFailed: this.#gpuFailed });
  }

  #keep(): void {
    if (this.#tab === null) return;
    this.#options.memory.keepWorker(this.#tab.tab, { name: this.#state.name, identity: this.#identity });
  }

  #tell(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #note(event: JoinEvent): void {
    this.#state = reduce(this.#state, event, this.#options.codeVersion);
    for (const listener of this.#listeners) listener();
  }
}
