import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Folders with one sub-folder per version: [parent, pattern of the version's folder, path below it]. */
const versionedPlaces: readonly (readonly [string, RegExp, string])[] = [
  ['/usr/lib/postgresql', /^\d+/, 'bin'],
  ['/usr', /^pgsql-\d+/, 'bin'],
  ['/opt/homebrew/opt', /^postgresql/, 'bin'],
  ['/usr/local/opt', /^postgresql/, 'bin'],
  ['/Applications/Postgres.app/Contents/Versions', /^\d+/, 'bin'],
  ['C:\\Program Files\\PostgreSQL', /^\d+/, 'bin'],
];

/** The folder of this machine's `initdb` and `pg_ctl`, newest version first; null where there is none. */
export function findPostgresBinaries(): string | null {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...versionedPlaces.flatMap(foldersBelow), ...onPath].find(hasBinaries) ?? null;
}

function foldersBelow([parent, pattern, below]: (typeof versionedPlaces)[number]): string[] {
  if (!existsSync(parent)) return [];
  const names = readdirSync(parent).filter((name) => pattern.test(name));
  const version = (name: string) => Number(/\d+/.exec(name)?.[0] ?? 0);
  return names.sort((a, b) => version(b) - version(a)).map((name) => join(parent, name, below));
}

function hasBinaries(folder: string): boolean {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return ['initdb', 'pg_ctl', 'postgres'].every((name) => existsSync(join(folder, `${name}${suffix}`)));
}
