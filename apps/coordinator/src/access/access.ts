import type { IncomingMessage } from 'node:http';
import { tokenOf, type Role } from '@gradpool/protocol';
import { originAllowed } from './origin.ts';
import { roleFinder, type Tokens } from './tokens.ts';

/** Who may do what: roles by token, and the origins that web pages may act from. */
export class Access {
  private readonly find: (token: string | null) => Role | null;
  private readonly origins: readonly string[];

  constructor(tokens: Tokens, origins: readonly string[]) {
    this.find = roleFinder(tokens);
    this.origins = origins;
  }

  /** From `Authorization: Bearer <token>`, else from `?token=`. */
  httpRole(request: IncomingMessage): Role | null {
    const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    return this.find(bearer ?? queryToken(request.url));
  }

  /** From the second subprotocol. */
  socketRole(request: IncomingMessage): Role | null {
    return this.find(tokenOf(request.headers['sec-websocket-protocol'] ?? ''));
  }

  originAllowed(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    return originAllowed({ origin, host }, this.origins);
  }
}

function queryToken(url: string | undefined): string | null {
  const query = url?.split('?', 2)[1];
  return query === undefined ? null : new URLSearchParams(query).get('token');
}
