import { networkInterfaces } from 'node:os';

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

/** URLs by which other machines reach the coordinator; none where it listens on the loopback only. */
export function remoteUrls(url: string, host: string, interfaces = networkInterfaces()): string[] {
  if (loopback.has(host)) return [];
  if (!everywhere.has(host)) return [new URL(url).origin];
  return Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => {
      const parsed = new URL(url);
      parsed.hostname = address;
      return parsed.origin;
    });
}
