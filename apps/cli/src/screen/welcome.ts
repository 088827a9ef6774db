import { join } from 'node:path';
import type { RoomAnswer } from '@gradpool/protocol';
import { remoteUrls } from '../client/addresses.ts';
import type { Tokens } from '../client/data-folder.ts';
import type { Look } from './paint.ts';
import { qrLines } from './qr-code.ts';
import { clip } from './table.ts';

export interface Welcome {
  readonly url: string;
  readonly links: RoomAnswer['links'];
  /** Addresses of the coordinator, the likeliest for other machines first. */
  readonly urls: readonly string[];
  readonly tokens: Tokens;
  readonly dataDir: string;
  /** The tokens have just been made: they are shown once. */
  readonly showTokens: boolean;
  /** Somebody sits at the terminal: links to look on and to steer, too. */
  readonly atTerminal: boolean;
  /** The join link as a code for phones, where others can come in at all. */
  readonly showCode: boolean;
  /** File of a certificate that the coordinator signed itself: other machines need a copy. Null for any other. */
  readonly ownCertificate: string | null;
}

const addressesMax = 4;

/** What `gradpool up` says before the live screen and after a table: where it serves and how others join. */
export function welcomeLines(welcome: Welcome, look: Look): string[] {
  const { paint } = look;
  const remote = remoteUrls(welcome.urls);
  return [
    clip(`  ${paint.bold('gradpool')} serves ${paint.cyan(welcome.url)}`, look),
    ...(remote.length > 0 ? networkLines(welcome, remote, look) : ownLines(welcome, look)),
    ...(welcome.atTerminal ? keyboardLines(welcome, look) : []),
    ...(welcome.showTokens ? tokenLines(welcome, look) : []),
  ];
}

// Links and tokens are never cut, even where the line is wider than the terminal: half of one is of no use.

function networkLines(
  { links, tokens, showCode, ownCertificate }: Welcome,
  remote: readonly string[],
  look: Look,
): string[] {
  const { paint } = look;
  const [link = ''] = links.join;
  const code = showCode ? qrLines(link, look) : null;
  return [
    clip(
      `  ${paint.yellow('Everybody on this network can reach it:')} ${remote.slice(0, addressesMax).join('  ')}`,
      look,
    ),
    '',
    clip('  Open this link on any phone or computer here, and it trains:', look),
    `    ${paint.bold(link)}`,
    ...(code === null ? [] : ['', ...code]),
    '',
    clip(
      ownCertificate === null
        ? '  A machine without a browser joins with:'
        : `  A machine without a browser joins with a copy of ${ownCertificate} and:`,
      look,
    ),
    `    npx gradpool worker --url ${remote[0]} --token ${tokens.join}${ownCertificate === null ? '' : ' --ca cert.pem'}`,
  ];
}

function ownLines({ links }: Welcome, look: Look): string[] {
  return [
    clip(look.paint.dim('  Only this machine can join; for others start with --lan. In a browser here:'), look),
    `    ${links.join[0] ?? ''}`,
  ];
}

function keyboardLines({ url, tokens }: Welcome, look: Look): string[] {
  return [
    '',
    clip('  To look on (for everybody), and to steer (for yourself alone):', look),
    `    ${url}/#t=${tokens.viewer}`,
    `    ${url}/#t=${tokens.admin}`,
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
