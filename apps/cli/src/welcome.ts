import type { Tokens } from './data-folder.ts';
import type { Look } from './paint.ts';
import { clip } from './table.ts';

export interface Welcome {
  readonly url: string;
  /** How other machines reach the coordinator; empty where they cannot. */
  readonly remoteUrls: readonly string[];
  readonly tokens: Tokens;
  readonly dataDir: string;
  /** The tokens have just been made: they are shown once, in full. */
  readonly firstStart: boolean;
}

/** What `gradpool up` says once, before the live screen: where it serves and how others join. */
export function welcomeLines(welcome: Welcome, look: Look): string[] {
  const { paint } = look;
  const { url, remoteUrls, tokens } = welcome;
  const join = (to: string) => `    npx gradpool worker --url ${to} --token ${tokens.join}`;
  return [
    '',
    clip(`  ${paint.bold('gradpool')} serves ${paint.cyan(url)}`, look),
    ...(remoteUrls.length > 0
      ? ['', clip('  Another machine joins with:', look), ...remoteUrls.slice(0, 4).map(join)]
      : [clip(paint.dim('  Only this machine can join; for others start with --host 0.0.0.0'), look)]),
    ...(welcome.firstStart ? tokenLines(welcome, look) : []),
  ];
}

/** Whole tokens even where they are wider than the terminal: a cut token is of no use. */
function tokenLines({ tokens, dataDir }: Welcome, look: Look): string[] {
  return [
    '',
    clip(`  New tokens, shown this once and kept in ${dataDir}:`, look),
    `    admin    ${tokens.admin}   may do everything`,
    `    trusted  ${tokens.trusted}   may check other workers' results`,
    `    join     ${tokens.join}   may train`,
    `    viewer   ${tokens.viewer}   may look on`,
  ];
}
