import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate, readMigrations } from '../apps/coordinator/dist/store/migrations.js';
import { filters, migrationList, migrationsFolder, openSchemaEngine, schemaFile } from './schema-engine.mjs';

/**
 * `npm run check:schema`: do prisma/migrations lead to prisma/schema.prisma, and do Prisma and the
 * coordinator's own runner accept each other's databases? `-- --write NAME` writes what is missing as a new migration.
 */
const [flag, name] = process.argv.slice(2);
const { engine, pool, close } = await openSchemaEngine();
const migrationsList = migrationList();
try {
  const from = { tag: 'migrations', ...migrationsList };
  const to = { tag: 'schemaDatamodel', files: [schemaFile] };
  const { stdout } = await engine.diff({ from, to, script: true, exitCode: null, filters, shadowDatabaseUrl: null });
  const missing = (stdout ?? '').trim();
  const same = missing === '' || missing === '-- This is an empty migration.';
  if (flag === '--write' && name !== undefined && !same) write(missing, name);
  else if (!same)
    fail(
      `the migrations do not lead to schema.prisma; missing:\n\n${missing}\n\nWrite it: npm run check:schema -- --write NAME`,
    );
  else await checkRunner();
} finally {
  await close();
}

async function checkRunner() {
  const client = await pool.connect();
  const applied = await migrate(client, await readMigrations()).finally(() => client.release());
  const history = await engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters });
  const clean = history.hasMigrationsTable && history.history === null;
  if (!clean || history.editedMigrationNames.length + history.failedMigrationNames.length > 0) {
    fail(`Prisma does not accept what the runner wrote: ${JSON.stringify(history)}`);
  }
  const again = await engine.applyMigrations({ migrationsList, filters });
  if (again.appliedMigrationNames.length > 0)
    fail(`Prisma would apply ${again.appliedMigrationNames.join(', ')} again`);
  await engine.reset({ filter: filters });
  await engine.applyMigrations({ migrationsList, filters });
  const after = await pool.connect();
  const twice = await migrate(after, await readMigrations()).finally(() => after.release());
  if (twice.length > 0) fail(`the runner would apply ${twice.join(', ')} again after Prisma`);
  if (process.exitCode !== 1)
    console.log(
      `schema: ${applied.length} migrations lead to schema.prisma, and Prisma and the runner accept each other's databases`,
    );
}

function write(sql, title) {
  const stamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const folder = join(migrationsFolder, `${stamp}_${title}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'migration.sql'), `${sql}\n`);
  console.log(`written: ${folder}; read it before you commit it`);
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
