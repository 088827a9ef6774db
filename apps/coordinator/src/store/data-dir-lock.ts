import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCode } from '@gradpool/protocol';
import { Fault } from '../fault.ts';
import { isAlive, processPlace, processStart } from './process-start.ts';

/** A data folder that is this process's alone until `release`. */
export interface DataDirLock {
  readonly dataDir: string;
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  /** See processStart; tells a process from a later one with the same id. */
  readonly start: string | null;
  readonly place: string;
  readonly nonce: string;
  /** For people. */
  readonly since: string;
}

/** The holder touches the file this often; on another machine or in another container that is all that can be seen. */
const touchMs = 2_000;
const silentMs = 10_000;
const attemptsMax = 5;

/**
 * Takes `dataDir`/lock, making the folder where it is absent. A lock whose holder is dead is taken over. Throws
 * E_DATA_DIR_IN_USE naming the holder, or E_DATA_DIR_UNUSABLE where the folder cannot be written.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const file = join(dataDir, 'lock');
  const own = await ownHolder();
  try {
    await mkdir(dataDir, { recursive: true });
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      if (await create(file, own)) return keep(dataDir, file, own);
      const holder = await readHolder(file);
      if (holder === null) continue;
      if (!(await isGone(file, holder, own))) throw inUse(dataDir, file, holder);
      await remove(file, holder);
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const message = `the data folder ${dataDir} cannot be used: ${why}; choose another with --data-dir`;
    throw new Fault('E_DATA_DIR_UNUSABLE', message, { cause: error, exit: exitCode.config });
  }
  const message = `the lock ${file} changes hands faster than it can be read; start one coordinator at a time`;
  throw new Fault('E_DATA_DIR_IN_USE', message, { exit: exitCode.config });
}

async function ownHolder(): Promise<Holder> {
  const [start, place] = await Promise.all([processStart(process.pid), processPlace()]);
  return { pid: process.pid, start, place, nonce: randomUUID(), since: new Date().toISOString() };
}

/** Makes the file with its content in one step, so that nobody reads half of it; false where there is one already. */
async function create(file: string, own: Holder): Promise<boolean> {
  const whole = `${file}.${own.nonce}`;
  await writeFile(whole, JSON.stringify(own), { mode: 0o600 });
  try {
    await link(whole, file);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    // A file system without hard links.
    return await writeFile(file, JSON.stringify(own), { mode: 0o600, flag: 'wx' }).then(
      () => true,
      (cause: unknown) => {
        if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw cause;
      },
    );
  } finally {
    await rm(whole, { force: true });
  }
}

/** Null where the file went away; a file that is not a lock counts as one without a holder. */
async function readHolder(file: string): Promise<Holder | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return { pid: 0, start: null, place: '', nonce: text, since: 'an unknown time' };
  }
}

async function isGone(file: string, holder: Holder, own: Holder): Promise<boolean> {
  if (holder.place !== own.place) return (await silenceMs(file)) > silentMs;
  if (!isAlive(holder.pid)) return true;
  const start = await processStart(holder.pid);
  return start !== null && holder.start !== null && start !== holder.start;
}

async function silenceMs(file: string): Promise<number> {
  const found = await stat(file).catch(() => null);
  return found === null ? Infinity : Date.now() - found.mtimeMs;
}

/**
 * Removes a dead holder's lock. Two that both judged it dead must not remove each other's new one: it is moved aside
 * first, and put back where it turns out to be another's.
 */
async function remove(file: string, holder: Holder): Promise<void> {
  if ((await readHolder(file))?.nonce !== holder.nonce) return;
  const aside = `${file}.${randomUUID()}`;
  const moved = await rename(file, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  const found = await readHolder(aside);
  if (found?.nonce !== holder.nonce) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function inUse(dataDir: string, file: string, holder: Holder): Fault {
  const message = `the data folder ${dataDir} is in use by process ${holder.pid} on ${holder.place.split(' ')[0] ?? 'this machine'} since ${holder.since}; stop that coordinator or choose another folder with --data-dir (if you are sure that it is gone, delete ${file})`;
  return new Fault('E_DATA_DIR_IN_USE', message, { exit: exitCode.config });
}

function keep(dataDir: string, file: string, own: Holder): DataDirLock {
  const touch = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, touchMs);
  touch.unref();
  const atExit = () => {
    if (isOwn(file, own)) rmSync(file, { force: true });
  };
  process.once('exit', atExit);
  return {
    dataDir,
    release: async () => {
      clearInterval(touch);
      process.off('exit', atExit);
      atExit();
      await Promise.resolve();
    },
  };
}

function isOwn(file: string, own: Holder): boolean {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Holder).nonce === own.nonce;
  } catch {
    return false;
  }
}
