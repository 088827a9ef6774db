import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Identity } from '@gradpool/worker';
import { z } from 'zod';

const identityShape = z.object({ workerId: z.uuid(), secret: z.string().min(1).max(128) });

/** Where the worker of this name and number keeps who it is. */
export function identityPath(place: {
  readonly dataDir: string;
  readonly name: string;
  readonly index: number;
}): string {
  const safe = place.name.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
  return path.join(place.dataDir, 'workers', `${safe}-${place.index}.json`);
}

/** Null where there is none, or where it cannot be read: the worker then joins as a new one. */
export async function loadIdentity(file: string): Promise<Identity | null> {
  try {
    return identityShape.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Readable by the owner alone, since the secret is what makes another process this worker. Null removes it. */
export async function saveIdentity(file: string, identity: Identity | null): Promise<void> {
  if (!identity) return rm(file, { force: true });
  const aside = `${file}.${process.pid}.part`;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(aside, `${JSON.stringify(identity)}\n`, { mode: 0o600 });
  await chmod(aside, 0o600);
  await rename(aside, file);
}
