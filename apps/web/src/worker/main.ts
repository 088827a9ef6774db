import type { BackendName } from '@gradpool/training';
import { failureOf, runWorker, type WorkerControls, type WorkerEnd } from '@gradpool/worker';
import { browserClock, browserSite, type BrowserSite } from './browser-platform.ts';
import { computesInThreads, openHere, openThreads, type Computing } from './computing.ts';
import type { FromWorker, Start, ToWorker } from './messages.ts';
import { newsTeller } from './news-teller.ts';

/** Pictures are computed at most this often. */
const previewMs = 1_000;

/**
 * A single engine that fails is replaced by the page, which knows what else the device can do. Of several, each is replaced
 * by itself; so many failures in a row say that the device cannot carry them all, and the page starts fewer.
 */
const backendFailuresMax = 3;

/** Of DedicatedWorkerGlobalScope, which the page's DOM types leave out. */
interface Scope {
  postMessage(message: FromWorker): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void;
  close(): void;
}
const scope = globalThis as unknown as Scope;
const tell = (message: FromWorker): void => {
  scope.postMessage(message);
};

const leaving = new AbortController();
let share = 1;
let setPower: (share: number) => void = () => undefined;
let paused = false;
let controls: WorkerControls | null = null;

scope.addEventListener('message', ({ data }) => {
  hear(data);
});

function hear(message: ToWorker): void {
  switch (message.type) {
    case 'start':
      share = message.start.share;
      paused = message.start.paused;
      void work(message.start);
      return;
    case 'pause':
      paused = message.paused;
      controls?.pause(paused);
      return;
    case 'power':
      share = message.share;
      setPower(share);
      return;
    case 'rename':
      controls?.rename(message.name);
      return;
    case 'leave':
      leaving.abort();
      return;
    default:
      message satisfies never;
  }
}

async function work(start: Start): Promise<void> {
  const site = browserSite({ start, tell });
  site.fetchAhead();
  try {
    const surroundings = { start, clock: browserClock, log: site.platform.log };
    const threads = computesInThreads(start) ? await openThreads(surroundings) : null;
    const end = await (threads ? workWith(threads, start, site) : workWith(await openHere(surroundings), start, site));
    tell({ type: 'over', failure: end.code === null ? null : { code: end.code, message: end.message } });
  } catch (error) {
    tell({ type: 'over', failure: failureOf(error) });
  }
  scope.close();
}

async function workWith<Dataset>(
  computing: Computing<Dataset>,
  start: Start,
  { platform }: BrowserSite,
): Promise<WorkerEnd> {
  const { engine, backend, slots, yieldToLoop } = computing;
  const { imagesPerSecond, flopsPerSecond, report } = backend;
  const name = backend.name as BackendName;
  tell({ type: 'backend', backend: { name, imagesPerSecond, flopsPerSecond }, engines: slots, report });
  setPower = computing.setPower;
  setPower(share);
  const end = await runWorker({ ...platform, yieldToLoop, openBackend: () => Promise.resolve(backend) }, engine, {
    name: start.name,
    kind: 'train',
    platformName: start.platformName,
    slots,
    codeVersion: start.codeVersion,
    drain: leaving.signal,
    previewMs,
    limits: { backendFailuresMax: slots === 1 ? 1 : backendFailuresMax },
    onNews: newsTeller({ now: platform.now, tell }),
    onControls: (given) => {
      controls = given;
      if (paused) given.pause(true);
    },
  });
  computing.close();
  return end;
}
