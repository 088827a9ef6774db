import { resolve } from 'node:path';
import type { ApiAddress } from './api.ts';
import { configError } from '../cli-error.ts';
import { readServing, readTokens, type Tokens } from './data-folder.ts';
import { shortPath } from '../paths.ts';

export interface ClientFlags {
  readonly url?: string;
  readonly token?: string;
  readonly ca?: string;
  readonly dataDir: string;
}

/**
 * Which coordinator a command speaks to, and with which token: the flags first, then GRADPOOL_URL and GRADPOOL_TOKEN, then
 * what `gradpool up` left in the data folder.
 */
export function findCoordinator(
  flags: ClientFlags,
  role: keyof Tokens = 'viewer',
  env: Readonly<Record<string, string | undefined>> = process.env,
): ApiAddress {
  const dataDir = resolve(flags.dataDir);
  const named = flags.url ?? filled(env['GRADPOOL_URL']);
  const serving = readServing(dataDir);
  const url = named ?? serving?.url;
  const ca = flags.ca ?? filled(env['GRADPOOL_CA']) ?? (named === undefined ? serving?.ca : null) ?? null;
  if (!url) {
    throw configError(
      'E_NO_COORDINATOR',
      `nothing serves the data folder ${shortPath(dataDir)}; start it with \`npm start\`, or name a coordinator with --url and --token`,
    );
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw configError('E_USAGE', `--url takes an http:// or https:// address, not ${url}`);
  }
  const token = flags.token ?? filled(env['GRADPOOL_TOKEN']) ?? readTokens(dataDir)?.[role];
  if (!token) {
    throw configError(
      'E_TOKEN',
      `no token for ${url}; give one with --token or GRADPOOL_TOKEN, it is in tokens.json of its data folder`,
    );
  }
  return { url: new URL(url).origin, token, ca: ca === null ? null : resolve(ca) };
}

/** An empty variable counts as one that is not set. */
const filled = (value: string | undefined): string | undefined => (value === '' ? undefined : value);
