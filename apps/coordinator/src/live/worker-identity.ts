import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { WorkerHello, WorkerId } from '@gradpool/protocol';
import { v7 } from 'uuid';
import type { Store } from '../store/store.ts';

type Secrets = Pick<Store, 'workerSecretHash' | 'putWorkerSecretHash'>;

export interface Identity {
  readonly workerId: WorkerId;
  /** Told once, when it is issued; only its hash is kept. */
  readonly secret: string | null;
}

/** Confirms the identity that a worker claims, or issues one. Null where id and secret do not belong together. */
export async function settleIdentity(claimed: WorkerHello['identity'], secrets: Secrets): Promise<Identity | null> {
  if (!claimed) return issue(secrets);
  const known = await secrets.workerSecretHash(claimed.workerId);
  if (known === null) return null;
  const same = timingSafeEqual(Buffer.from(hashOf(claimed.secret)), Buffer.from(known.padEnd(64).slice(0, 64)));
  return same ? { workerId: claimed.workerId, secret: null } : null;
}

async function issue(secrets: Secrets): Promise<Identity> {
  const workerId = v7() as WorkerId;
  const secret = randomBytes(24).toString('base64url');
  await secrets.putWorkerSecretHash(workerId, hashOf(secret));
  return { workerId, secret };
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
