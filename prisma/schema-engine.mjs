import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';

/**
 * The WebAssembly build of Prisma's schema engine (the native one is not in the npm registry), on an adapter that the
 * caller opens. Needs an empty database beside it for its shadow.
 */
const require = createRequire(import.meta.url);

export const here = import.meta.dirname;
export const schemaFile = { path: 'schema.prisma', content: readFileSync(join(here, 'schema.prisma'), 'utf8') };
export const filters = { externalTables: [], externalEnums: [] };

/** Opens the engine over a driver adapter factory (`connect` and `connectToShadowDb`). */
export async function openSchemaEngine(adapterFactory) {
  const file = join(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'), '..', 'schema_engine_bg.wasm');
  const module = new WebAssembly.Module(readFileSync(file));
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': engine });
  engine.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  const log = () => undefined;
  return engine.SchemaEngine.new({ datamodels: [[schemaFile.path, schemaFile.content]] }, log, adapterFactory);
}

/** prisma/migrations as the engine wants it. */
export function migrationList() {
  const baseDir = join(here, 'migrations');
  const names = readdirSync(baseDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const read = (name) => readFileSync(join(baseDir, name, 'migration.sql'), 'utf8');
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(join(baseDir, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: read(name) } },
    })),
  };
}
