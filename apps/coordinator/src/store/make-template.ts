import pg from 'pg';
import { keepTemplate, templateFolder } from './database-template.ts';
import { openEmbeddedPostgres } from './embedded-postgres.ts';
import { migrate, readMigrations } from './migrations.ts';

/** Part of the build: the template of the embedded database, see database-template.ts. */
const migrations = await readMigrations();
await keepTemplate(await templateFolder(migrations), async (folder) => {
  const database = await openEmbeddedPostgres(folder, null);
  const client = new pg.Client(database.poolConfig);
  await client.connect();
  await migrate(client, migrations);
  await client.end();
  await database.close();
});
