import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isIP } from 'node:net';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import { exitCode } from '@gradpool/protocol';
import { generate } from 'selfsigned';
import { hostsOf } from '../access/addresses.ts';
import { Fault, reasonOf } from '../fault.ts';

/** PEM texts of a server certificate (with its chain, where it has one) and its private key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** The file of `cert`: whoever trusts it reaches this server. */
  readonly file: string;
}

/** No browser takes one that lasts longer; renewed when fewer than `renewDays` are left. */
const validDays = 397;
const renewDays = 30;
const dayMs = 24 * 60 * 60_000;

/** Reads the files of a certificate. Rejects with a Fault: E_TLS_FILE, E_TLS_MISMATCH. */
export async function readCertificate(files: { readonly cert: string; readonly key: string }): Promise<Certificate> {
  const [cert, key] = await Promise.all([readPem('--tls-cert', files.cert), readPem('--tls-key', files.key)]);
  check({ cert, key }, files);
  return { cert, key, file: files.cert };
}

/**
 * The certificate that this coordinator has made for itself, in dataDir/tls: for all names and addresses of this machine,
 * signed by itself. Made at the first use, and anew when it is about to expire or an address has been added.
 */
export async function ownCertificate(dataDir: string, host: string, now = Date.now()): Promise<Certificate> {
  const folder = path.join(dataDir, 'tls');
  const files = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  const names = namesOf(host);
  const known = await readCertificate(files).catch(() => null);
  if (known && covers(known, names, now + renewDays * dayMs)) return known;
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'gradpool' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - dayMs),
    notAfterDate: new Date(now + validDays * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names.map(altName) },
    ],
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeAside(files.key, key, 0o600);
  await writeAside(files.cert, cert, 0o644);
  return { cert, key, file: files.cert };
}

/** A host for which the certificate is valid, `wanted` where it is; `wanted` all the same where there is none. */
export function hostFor({ cert }: Pick<Certificate, 'cert'>, wanted: string): string {
  const parsed = new X509Certificate(cert);
  const own = (parsed.subjectAltName ?? '').split(', ').map((entry) => entry.replace(/^(DNS|IP Address):/, ''));
  const candidates = [wanted, 'localhost', ...own.filter((name) => !name.startsWith('*'))];
  return candidates.find((name) => isValidFor(parsed, name)) ?? wanted;
}

/** Every name and address under which this machine may be asked. */
function namesOf(host: string): string[] {
  const machine = hostname().toLowerCase();
  const named = /^[a-z0-9.-]+$/.test(machine) ? [machine, ...(machine.includes('.') ? [] : [`${machine}.local`])] : [];
  const own = [host, ...hostsOf('0.0.0.0')].filter((name) => name !== '0.0.0.0' && name !== '::' && name !== '');
  return [...new Set(['localhost', '127.0.0.1', '::1', ...named, ...own])];
}

function altName(name: string) {
  return isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name };
}

function covers({ cert }: Certificate, names: readonly string[], until: number): boolean {
  const parsed = new X509Certificate(cert);
  return Date.parse(parsed.validTo) > until && names.every((name) => isValidFor(parsed, name));
}

function isValidFor(parsed: X509Certificate, name: string): boolean {
  const bare = name.replace(/^\[|\]$/g, '');
  return (isIP(bare) ? parsed.checkIP(bare) : parsed.checkHost(bare)) !== undefined;
}

async function readPem(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw fileFault(`${option}: cannot read ${file}: ${reasonOf(error)}`, error);
  }
}

function check(pem: { readonly cert: string; readonly key: string }, files: { cert: string; key: string }): void {
  try {
    createSecureContext(pem);
  } catch (error) {
    if (/key values mismatch/i.test(reasonOf(error))) {
      const message = `the key in ${files.key} is not the one of the certificate in ${files.cert}; give the files that belong together`;
      throw new Fault('E_TLS_MISMATCH', message, { exit: exitCode.config, cause: error });
    }
    const message = `${files.cert} and ${files.key} are no certificate and key in PEM form: ${reasonOf(error)}`;
    throw fileFault(message, error);
  }
}

const fileFault = (message: string, cause: unknown): Fault =>
  new Fault('E_TLS_FILE', message, { exit: exitCode.config, cause });

/** Written aside and renamed, so that a crash leaves either no file or a whole one. */
async function writeAside(file: string, text: string, mode: number): Promise<void> {
  await writeFile(`${file}.new`, text, { mode });
  await chmod(`${file}.new`, mode);
  await rename(`${file}.new`, file);
}
