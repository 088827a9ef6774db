import { readFileSync } from 'node:fs';
import { configError, reasonOf } from '../cli-error.ts';

/** The text of a sweep file, or an error that says why it cannot be read. */
export function readSweepFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw configError('E_FILE', `cannot read the sweep file ${path} (${reasonOf(error)}); check the path`);
  }
}

/** Refuses a bad sweep here and now, before a database is started for it; the coordinator reads it again. */
export async function checkSweep(yaml: string, dataDir: string): Promise<void> {
  const [{ parseSweep }, { datasetsOf }] = await Promise.all([
    import('@gradpool/experiment'),
    import('../client/own-datasets.ts'),
  ]);
  const parsed = parseSweep(yaml, await datasetsOf(dataDir));
  if (!parsed.ok) throw configError(parsed.code, parsed.message);
}
