import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { executablePath } from '@gradpool/test/browser';
import { WebSocket } from 'ws';

/**
 * A Chromium as people run it: no driver keeps its tabs in the foreground, so a tab behind another is hidden, and its
 * timers are throttled.
 */
export interface PlainBrowser {
  /** The value of a JavaScript expression in the first tab. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  /** Puts an empty tab in front of the first one. */
  readonly hide: () => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Target {
  readonly id: string;
  readonly type: string;
  readonly webSocketDebuggerUrl: string;
}

const startMs = 20_000;

export async function openPlainBrowser(address: string): Promise<PlainBrowser> {
  const profile = await mkdtemp(path.join(tmpdir(), 'gradpool-bench-'));
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const flags = ['--headless=new', '--disable-gpu', '--no-first-run', '--remote-debugging-port=0', ...asRoot];
  const child = spawn(executablePath ?? '', [...flags, `--user-data-dir=${profile}`, address], { stdio: 'ignore' });
  const port = await eventually(
    async () => (await readFile(path.join(profile, 'DevToolsActivePort'), 'utf8')).split('\n')[0],
  );
  const ask = async <T>(route: string, method = 'GET'): Promise<T> =>
    (await (await fetch(`http://127.0.0.1:${port}/json/${route}`, { method })).json()) as T;
  const tab = await eventually(async () => (await ask<Target[]>('list')).find(({ type }) => type === 'page'));
  const socket = new WebSocket(tab.webSocketDebuggerUrl);
  await once(socket, 'open');
  return {
    evaluate: evaluator(socket),
    hide: async () => {
      const other = await ask<Target>('new?about:blank', 'PUT');
      await fetch(`http://127.0.0.1:${port}/json/activate/${other.id}`);
    },
    close: async () => {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Runs expressions through the browser's debugging socket. */
function evaluator(socket: WebSocket): PlainBrowser['evaluate'] {
  const waiting = new Map<number, (value: unknown) => void>();
  socket.on('message', (data: Buffer) => {
    const { id, result } = JSON.parse(data.toString()) as { id: number; result?: { result?: { value?: unknown } } };
    waiting.get(id)?.(result?.result?.value);
    waiting.delete(id);
  });
  let asked = 0;
  return (expression) =>
    new Promise((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      const params = { expression, awaitPromise: true, returnByValue: true };
      socket.send(JSON.stringify({ id: asked, method: 'Runtime.evaluate', params }));
    });
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const endsAt = performance.now() + startMs;
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > endsAt) throw new Error(`the browser did not start within ${startMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
