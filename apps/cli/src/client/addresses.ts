const everywhere = new Set(['0.0.0.0', '[::]', '::', '']);
const loopback = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);

/** The URL as this machine reaches it: `0.0.0.0` is a place to listen on, not one to connect to. */
export function localUrl(url: string): string {
  const parsed = new URL(url);
  if (everywhere.has(parsed.hostname)) parsed.hostname = '127.0.0.1';
  return parsed.origin;
}

/** The port of an http(s) URL, also where it goes without saying. */
export function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** Those of the coordinator's addresses by which other machines reach it. */
export const remoteUrls = (urls: readonly string[]): string[] =>
  urls.filter((url) => !loopback.has(new URL(url).hostname));
