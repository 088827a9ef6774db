import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root: the tests start the built programs, as a user does. */
const root = fileURLToPath(new URL('../..', import.meta.url));

export const programs = {
  cli: path.join(root, 'apps/cli/bin/gradpool.js'),
  coordinator: path.join(root, 'apps/coordinator/dist/main.js'),
  worker: path.join(root, 'apps/node-worker/dist/main.js'),
} as const;

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything printed so far, stdout and stderr in order of arrival. */
  readonly output: () => string;
  readonly exited: Promise<Exit>;
}

const started: Running[] = [];
const folders: string[] = [];

/** A new folder under the system's temporary one, removed by `stopAll`. */
export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'gradpool-test-'));
  folders.push(folder);
  return folder;
}

export function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: '', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid === undefined) throw new Error(`could not start ${program}`);
  let text = '';
  const collect = (chunk: Buffer) => (text += chunk.toString('utf8'));
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exited = new Promise<Exit>((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
  const running = { child, pid: child.pid, output: () => text, exited };
  started.push(running);
  return running;
}

/** Ends what a test started, hard, and removes its folders. For `afterEach`. */
export async function stopAll(): Promise<void> {
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.map(({ exited }) => exited));
  started.length = 0;
  for (const folder of folders) {
    // The children of a killed `up` notice a moment later, and until then they write.
    await eventually(`nothing runs on ${folder}`, () => (processesOn(folder).length === 0 ? true : undefined));
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
  folders.length = 0;
}

/** Ids of the live processes whose command line names the folder: the tree of one `up` (Linux only, else none). */
export function processesOn(folder: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isAlive(pid) && commandLine(pid).includes(folder));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/**
 * How long a wait goes on before it counts as a hang. Nothing is timed by it: with other programs on the cores, a tab that
 * draws without a graphics card has taken a minute to join.
 */
export const patienceMs = 300_000;

/**
 * Waits until `read` gives something other than undefined, asking again every 100 ms: real processes have no clock that
 * a test could move. Rejects after `withinMs` with `what` and the last error.
 */
export async function eventually<T>(
  what: string,
  read: () => Promise<T | undefined> | T | undefined,
  withinMs = patienceMs,
) {
  const deadline = performance.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await read();
      if (value !== undefined) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const why = last instanceof Error ? `; last error: ${last.message}` : '';
      const printed = started.map(
        (one) => `\n--- ${one.child.spawnargs.slice(1, 3).join(' ')}\n${one.output().slice(-1500)}`,
      );
      throw new Error(`not within ${withinMs} ms: ${what}${why}${printed.join('')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/** True while a process with this id exists (a zombie counts as gone where the system tells). */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}
