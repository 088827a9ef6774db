import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'prisma/config';

/**
 * Every Prisma command asks for the native schema engine, `generate` too, which does not run it; and the engine comes
 * from a host outside the npm registry. Where it is absent a stub stands in for it that prints why and exits 1: generate,
 * validate and format work, and the commands that need the engine (migrate, db) fail loudly.
 */
const engines = join(import.meta.dirname, 'node_modules', '@prisma', 'engines');
const installed = existsSync(engines) && readdirSync(engines).some((file) => file.startsWith('schema-engine'));
if (!installed)
  process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= join(import.meta.dirname, 'prisma', 'no-schema-engine.mjs');

// Nothing here calls home.
process.env['CHECKPOINT_DISABLE'] ??= '1';

const url = process.env['DATABASE_URL'];

export default defineConfig({
  schema: join('prisma', 'schema.prisma'),
  migrations: { path: join('prisma', 'migrations') },
  // Read by `prisma migrate` alone; the coordinator takes --database-url.
  ...(url === undefined ? {} : { datasource: { url } }),
});
