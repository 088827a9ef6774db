import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { PersistRow } from '@gradpool/coordination';
import { openPostgresStore } from './open-postgres-store.ts';
import { sampleCell, sampleSweep, sampleTrial } from './sample-rows.ts';

/**
 * A process that holds an embedded store, for tests that kill it: `<data folder> <mode>`. `hold` says READY and waits;
 * `hold-new` makes the database from nothing and does the same; `count` commits a trial with fence 1, 2, 3, … and says each number once it is committed; `fill` commits large, incompressible rows until
 * the store refuses, and says why. An error to open is said as `<code> <message>`.
 */
const [dataDir = '', mode = ''] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

async function main(): Promise<void> {
  const store = await openPostgresStore({ kind: 'embedded', dataDir, useTemplate: mode !== 'hold-new' });
  say('READY');
  if (mode === 'hold' || mode === 'hold-new') {
    setInterval(() => undefined, 60_000);
    return;
  }
  const sweep = sampleSweep();
  const cell = sampleCell(sweep, 0);
  const trial = sampleTrial(cell, 0);
  await store.commit([
    { table: 'sweep', row: sweep },
    { table: 'cell', row: cell },
  ]);
  for (let fence = 1; ; fence += 1) {
    const errorMessage = mode === 'fill' ? randomBytes(750_000).toString('base64') : null;
    const own = mode === 'fill' ? sampleTrial(cell, fence) : trial;
    const row: PersistRow = { table: 'trial', row: { ...own, fence, errorMessage } };
    await store.commit([row]);
    say(String(fence));
  }
}

main().catch((error: unknown) => {
  say(`${String((error as { code?: unknown }).code)} ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
