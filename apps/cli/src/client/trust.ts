import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { configError, reasonOf } from '../cli-error.ts';

/** The usual certificates and the one in a file: a coordinator that signed its own is trusted by it, and by it alone. */
export function trustedCertificates(file: string): string[] {
  return [...rootCertificates, readCertificate(file)];
}

/** What a worker process needs to know that is no argument: its token, and whom to trust. */
export function workerEnvironment({ token, ca }: { readonly token: string; readonly ca: string | null }) {
  if (ca === null) return { GRADPOOL_TOKEN: token };
  readCertificate(ca);
  // Read by Node at its start: certificates to trust besides the usual ones.
  return { GRADPOOL_TOKEN: token, NODE_EXTRA_CA_CERTS: ca };
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw configError('E_FILE', `cannot read the certificate ${file} (${reasonOf(error)}); check --ca`);
  }
}
