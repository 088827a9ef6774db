/** What an origin check needs of a request. */
export interface OriginFacts {
  readonly origin: string | undefined;
  readonly host: string | undefined;
}

/**
 * True where a request may act: it comes from no web page (no Origin header), from a page of this very host and port, or
 * from an origin on the allow list. Tokens are checked besides; this keeps other sites' pages from using a leaked one.
 */
export function originAllowed({ origin, host }: OriginFacts, allowed: readonly string[]): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  try {
    const url = new URL(origin);
    return (url.protocol === 'http:' || url.protocol === 'https:') && url.host === host?.toLowerCase();
  } catch {
    return false;
  }
}
