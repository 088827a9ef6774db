import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FromEngine } from '@gradpool/worker';
import { shareBytes, startEngineThread } from './engine-threads.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gradpool-threads-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A thread with this program; `died` resolves with why. */
async function threadOf(program: string) {
  const file = path.join(folder, `${Math.random()}.mjs`);
  await writeFile(file, `import { parentPort } from 'node:worker_threads';\n${program}`);
  const heard: FromEngine[] = [];
  let thread: ReturnType<typeof startEngineThread> | null = null;
  const died = new Promise<{ code: string; message: string }>((resolve) => {
    thread = startEngineThread(pathToFileURL(file), { heard: (message) => heard.push(message), died: resolve });
  });
  return { thread: thread as unknown as ReturnType<typeof startEngineThread>, heard, died };
}

test.each([
  ['throw new Error("broken");', 'E_BACKEND', 'broken'],
  ['process.exit(3);', 'E_BACKEND', 'ended by itself'],
  ['await import("no-such-package");', 'E_BACKEND', 'no-such-package'],
  [
    'throw Object.assign(new Error("heap limit"), { code: "ERR_WORKER_OUT_OF_MEMORY" });',
    'E_OUT_OF_MEMORY',
    'heap limit',
  ],
])('a thread whose program says %s dies alone, and says why', async (program, code, message) => {
  const failure = await (await threadOf(program)).died;
  expect(failure.code).toBe(code);
  expect(failure.message).toContain(message);
});

test('bytes are shared with a thread, not copied', async () => {
  const { thread, died } = await threadOf(`
    parentPort.once('message', (bytes) => {
      bytes[1] = 7;
      process.exit();
    });`);
  const bytes = shareBytes(Uint8Array.of(1, 2, 3));
  thread.post(bytes as never);
  await died;
  expect([...bytes]).toEqual([1, 7, 3]);
});
