import type { IncomingMessage } from 'node:http';
import { roleAllows, type Role, type RoomAnswer } from '@gradpool/protocol';
import { hostsOf, isLoopback } from './addresses.ts';
import type { Tokens } from './tokens.ts';

/** Where a server listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** HTTPS. */
  readonly secure: boolean;
}

export interface InvitationParts {
  readonly tokens: Tokens;
  readonly roomName: string;
  readonly codeVersion: string;
}

/** Links by which people come in. A token stands behind the `#`, which browsers send to nobody. */
export class Invitation {
  private readonly parts: InvitationParts;
  private listening: Listening | null = null;

  constructor(parts: InvitationParts) {
    this.parts = parts;
  }

  opened(listening: Listening): void {
    this.listening = listening;
  }

  /** What somebody of this role may know. Nobody is given a link to more than they may do. */
  answer(role: Role, request: IncomingMessage): RoomAnswer {
    const { tokens, roomName, codeVersion } = this.parts;
    const urls = this.urls(request.headers.host);
    const join = roleAllows(role, 'join') ? urls.map((url) => `${url}/join#t=${tokens.join}`) : [];
    const viewer = urls.map((url) => `${url}/#t=${tokens.viewer}`);
    const secure = this.listening?.secure ?? false;
    return { roomName, codeVersion, role, secure, urls, links: { join, viewer } };
  }

  /** An address by which somebody has just come from elsewhere is certain to work, so it goes first. */
  private urls(askedHost: string | undefined): string[] {
    if (this.listening === null) return [];
    const { host, port, secure } = this.listening;
    const scheme = secure ? 'https' : 'http';
    const known = hostsOf(host).map((name) => `${scheme}://${name}:${port}`);
    const asked = readUrl(`${scheme}://${askedHost}`);
    const proven = asked !== null && !isLoopback(asked.hostname) ? [asked.origin] : [];
    return [...new Set([...proven, ...known])];
  }
}

function readUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
