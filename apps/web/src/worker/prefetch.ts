import { sweepsAnswer } from '@gradpool/protocol';
import type { Digest } from '@gradpool/protocol';
import { z } from 'zod';
import type { DataFiles } from './data-files.ts';

const files = z.object({ files: z.array(z.object({ sha256: z.string(), bytes: z.int().min(0) })) });

export interface PrefetchOptions {
  readonly sweeps: () => Promise<unknown>;
  readonly manifest: (digest: Digest) => Promise<unknown>;
  readonly ahead: DataFiles['ahead'];
}

/**
 * Begins to fetch what the running sweeps will ask for while the backends are still being measured. Only a head start:
 * what goes wrong here shows when the data is really needed.
 */
export async function prefetch({ sweeps, manifest, ahead }: PrefetchOptions): Promise<void> {
  const never = new AbortController().signal;
  try {
    const running = sweepsAnswer.parse(await sweeps()).sweeps.filter(({ state }) => state === 'running');
    for (const digest of new Set(running.map(({ dataset }) => dataset))) {
      for (const { sha256, bytes } of files.parse(await manifest(digest)).files) ahead(sha256 as Digest, bytes, never);
    }
  } catch {
    // The lease that needs the data will say what is wrong.
  }
}
