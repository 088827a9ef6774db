import { join } from 'node:path';
import type { Tokens } from '../client/data-folder.ts';
import type { Look } from './paint.ts';
import { clip } from './table.ts';

export interface Welcome {
  readonly url: string;
  /** How other machines reach the coordinator; empty where they cannot. */
  readonly remoteUrls: readonly string[];
  readonly tokens: Tokens;
  readonly dataDir: string;
  /** The tokens have just been made: they are shown once. */
  readonly showTokens: boolean;
}

/** What `gradpool up` says before the live screen and after a table: where it serves and how others join. */
export function welcomeLines(welcome: Welcome, look: Look): string[] {
  const { paint } = look;
  const { url, remoteUrls, tokens } = welcome;
  // Tokens are never cut, even where the line is wider than the terminal: half a command is of no use.
  const joinLine = (to: string) => `    npx gradpool worker --url ${to} --token ${tokens.join}`;
  return [
    clip(`  ${paint.bold('gradpool')} serves ${paint.cyan(url)}`, look),
    ...(remoteUrls.length > 0
      ? ['', clip('  Another machine joins with:', look), ...remoteUrls.slice(0, 4).map(joinLine)]
      : [clip(paint.dim('  Only this machine can join; for others start with --host 0.0.0.0'), look)]),
    ...(welcome.showTokens ? tokenLines(welcome, look) : []),
  ];
}

function tokenLines({ tokens, dataDir }: Welcome, look: Look): string[] {
  return [
    '',
    clip(`  New tokens, shown this once; they are kept in ${join(dataDir, 'tokens.json')}:`, look),
    `    viewer   ${tokens.viewer}  looks on`,
    `    join     ${tokens.join}  trains too`,
    `    trusted  ${tokens.trusted}  checks results too`,
    `    admin    ${tokens.admin}  does everything`,
  ];
}
