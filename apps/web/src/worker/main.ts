import { failureOf, runWorker, type WorkerControls } from '@gradpool/worker';
import { trainingEngine } from '@gradpool/worker/training-engine';
import { browserPlatform } from './browser-platform.ts';
import type { FromWorker, Start, ToWorker } from './messages.ts';
import { newsTeller } from './news-teller.ts';

/** Pictures are computed at most this often. */
const previewMs = 1_000;

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
  const platform = browserPlatform({ start, share: () => share, tell });
  try {
    const end = await runWorker(platform, trainingEngine, {
      name: start.name,
      kind: 'train',
      platformName: start.platformName,
      slots: 1,
      codeVersion: start.codeVersion,
      drain: leaving.signal,
      previewMs,
      // Another Web Worker takes over where a backend breaks down, and it starts in a moment.
      limits: { backendFailuresMax: 1 },
      onNews: newsTeller({ now: platform.now, tell }),
      onControls: (given) => {
        controls = given;
        if (paused) given.pause(true);
      },
    });
    tell({ type: 'over', failure: end.code === null ? null : { code: end.code, message: end.message } });
  } catch (error) {
    tell({ type: 'over', failure: failureOf(error) });
  }
  scope.close();
}
