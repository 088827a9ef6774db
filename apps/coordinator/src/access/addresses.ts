import { networkInterfaces } from 'node:os';

type Interfaces = ReturnType<typeof networkInterfaces>;

const everywhere = new Set(['0.0.0.0', '::', '']);

/** Cables and radio first; what containers, virtual machines and tunnels make leads nobody else here. */
const inner = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|cali|podman|tun|tap|utun|wg|zt|tailscale)/i;
const homely = [/^192\.168\./, /^10\./, /^172\.(1[6-9]|2\d|3[01])\./];

/**
 * Host names by which others may reach a server that listens on `host`, the likeliest address of the local network first and
 * this machine's own name for itself last. A server on the loopback has only that.
 */
export function hostsOf(host: string, interfaces: Interfaces = networkInterfaces()): string[] {
  if (!everywhere.has(host)) return [host.includes(':') ? `[${host}]` : host];
  const found = Object.entries(interfaces).flatMap(([name, addresses]) =>
    (addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => ({ address, unlikely: unlikelihood(name, address) })),
  );
  found.sort((a, b) => a.unlikely - b.unlikely);
  return [...new Set([...found.map(({ address }) => address), '127.0.0.1'])];
}

/** True for names that only this machine understands as itself. */
export const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|\[?::1\]?)$/.test(host);

/** Whether the other end of a connection is on this machine; `::ffff:` is how a socket for both families writes IPv4. */
export const isHere = (remoteAddress: string | undefined): boolean =>
  isLoopback(remoteAddress?.replace(/^::ffff:/, '') ?? '');

function unlikelihood(name: string, address: string): number {
  const range = homely.findIndex((pattern) => pattern.test(address));
  // An address that a machine gave itself (RFC 3927) comes last of all.
  const self = address.startsWith('169.254.') ? 1_000 : 0;
  return self + (inner.test(name) ? 100 : 0) + (range < 0 ? homely.length : range);
}
