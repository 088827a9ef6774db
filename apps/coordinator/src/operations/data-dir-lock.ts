import { readFileSync, rmSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exitCode } from '@gradpool/protocol';
import { Fault } from '../fault.ts';

interface Holder {
  readonly pid: number;
  /** When that process started, as the system says it; tells it from a later one of the same number. Null where unknown. */
  readonly started: string | null;
}

/**
 * Makes sure that one coordinator at a time works in a data folder: the embedded database would silently lose rows
 * otherwise. A lock whose holder is dead is taken over. Resolves to the release, which may run in an exit handler; rejects with E_DATA_DIR_IN_USE.
 */
export async function lockDataDir(dataDir: string): Promise<() => void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, 'lock');
  const own = JSON.stringify({ pid: process.pid, started: await startOf(process.pid) } satisfies Holder);
  const aside = `${file}.${process.pid}`;
  await writeFile(aside, own, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (await tryLink(aside, file)) return () => release(file, own);
      await clearDead(file, dataDir);
    }
  } finally {
    await rm(aside, { force: true });
  }
  throw inUse(dataDir, 'another process that starts just now');
}

/** A hard link is made whole or not at all, and fails where the name is taken. */
async function tryLink(aside: string, file: string): Promise<boolean> {
  try {
    await link(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a dead process; throws where the holder lives. */
async function clearDead(file: string, dataDir: string): Promise<void> {
  const seen = await readFile(file, 'utf8').catch(() => null);
  if (seen === null) return;
  const holder = parseHolder(seen);
  if (holder && (await isAlive(holder))) throw inUse(dataDir, `process ${holder.pid}`);
  // Renamed before it is removed: if another process took the lock over in between, it is put back.
  const stale = `${file}.stale-${process.pid}`;
  await rename(file, stale).catch(() => undefined);
  const moved = await readFile(stale, 'utf8').catch(() => null);
  if (moved !== null && moved !== seen) await link(stale, file).catch(() => undefined);
  await rm(stale, { force: true });
}

function release(file: string, own: string): void {
  try {
    if (readFileSync(file, 'utf8') === own) rmSync(file, { force: true });
  } catch {
    // Gone already.
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number' ? { pid, started: typeof started === 'string' ? started : null } : null;
  } catch {
    return null;
  }
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = await startOf(pid);
  return started === null || now === null || now === started;
}

/** Linux: ticks since boot at which the process started (field 22 of /proc/<pid>/stat). Elsewhere null. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function inUse(dataDir: string, who: string): Fault {
  const message = `${dataDir} is in use by ${who}; stop that coordinator first, or choose another folder with --data-dir`;
  return new Fault('E_DATA_DIR_IN_USE', message, { exit: exitCode.config });
}
