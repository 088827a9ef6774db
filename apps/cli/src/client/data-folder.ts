import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, codeOf, configError, reasonOf } from '../cli-error.ts';

/** Tokens by role, as the coordinator keeps them in `tokens.json`. */
export interface Tokens {
  readonly viewer: string;
  readonly join: string;
  readonly trusted: string;
  readonly admin: string;
}

/** Who serves a data folder now: written by `gradpool up`, removed when it ends. */
export interface Serving {
  readonly url: string;
  readonly pid: number;
  /** File of its certificate; null without HTTPS. */
  readonly ca: string | null;
}

const servingFile = (dataDir: string): string => join(dataDir, 'coordinator.json');
const tokensFile = (dataDir: string): string => join(dataDir, 'tokens.json');

export const hasTokens = (dataDir: string): boolean => existsSync(tokensFile(dataDir));
export const logFolder = (dataDir: string): string => join(dataDir, 'logs');

/** Makes the folder, private to the user because it holds tokens. */
export function openDataFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw configError(
      'E_FILE',
      `cannot make the data folder ${dataDir} (${reasonOf(error)}); choose another with --data-dir`,
    );
  }
}

export function readTokens(dataDir: string): Tokens | null {
  const value = readJson(tokensFile(dataDir));
  const { viewer, join: joinToken, trusted, admin } = value ?? {};
  if (typeof viewer !== 'string' || typeof joinToken !== 'string') return null;
  if (typeof trusted !== 'string' || typeof admin !== 'string') return null;
  return { viewer, join: joinToken, trusted, admin };
}

/** Null where nothing serves the folder; a note left by a process that is gone counts as nothing. */
export function readServing(dataDir: string): Serving | null {
  const { url, pid, ca } = readJson(servingFile(dataDir)) ?? {};
  if (typeof url !== 'string' || typeof pid !== 'number' || !isAlive(pid)) return null;
  return { url, pid, ca: typeof ca === 'string' ? ca : null };
}

export function writeServing(dataDir: string, serving: Serving): void {
  const file = servingFile(dataDir);
  try {
    // Aside, then renamed: a reader sees the old note or the new one, never half of it.
    writeFileSync(`${file}.${serving.pid}`, `${JSON.stringify(serving)}\n`, { mode: 0o600 });
    renameSync(`${file}.${serving.pid}`, file);
  } catch (error) {
    throw new CliError('E_FILE', `cannot write ${file} (${reasonOf(error)})`);
  }
}

/** Removes the note if it is still the one of process `pid`. */
export function removeServing(dataDir: string, pid: number): void {
  if (readJson(servingFile(dataDir))?.['pid'] === pid) rmSync(servingFile(dataDir), { force: true });
}

function readJson(file: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to another user.
    return codeOf(error) === 'EPERM';
  }
}
