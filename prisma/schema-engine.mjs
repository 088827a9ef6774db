import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { openEmbeddedPostgres } from '../apps/coordinator/dist/store/embedded-postgres.js';

/**
 * Prisma's schema engine as WebAssembly (the native one is not in the npm registry), over an empty database in memory and
 * a second one as its shadow.
 */
const require = createRequire(import.meta.url);
const here = import.meta.dirname;

export const migrationsFolder = join(here, 'migrations');
export const schemaFile = { path: 'schema.prisma', content: readFileSync(join(here, 'schema.prisma'), 'utf8') };
export const filters = { externalTables: [], externalEnums: [] };

/** Opens the engine; `close` ends its databases. */
export async function openSchemaEngine() {
  refuseOtherBuild();
  const databases = [await openMemory(), await openMemory()];
  const [main, shadow] = databases.map(({ pool }) => new PrismaPg(pool));
  const factory = {
    provider: main.provider,
    adapterName: main.adapterName,
    connect: async () => withCharColumns(await main.connect()),
    connectToShadowDb: async () => withCharColumns(await shadow.connect()),
  };
  const options = { datamodels: [[schemaFile.path, schemaFile.content]] };
  const schemaEngine = await engine.SchemaEngine.new(options, () => {}, bindMigrationAwareSqlAdapterFactory(factory));
  const close = async () => {
    for (const { pool, database } of databases) {
      await pool.end();
      await database.close();
    }
  };
  return { engine: schemaEngine, pool: databases[0].pool, close };
}

/** Postgres's own "char", which the adapter refuses, and text, which it passes. */
const charType = 18;
const textType = 25;
/** By the rows of a result: its columns of type "char". */
const charColumns = new WeakMap();

/** Passes the catalogue's "char" columns through the adapter as text, and hands them to the engine as characters. */
function withCharColumns(adapter) {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of charColumns.get(result.rows) ?? []) {
      result.columnTypes[index] = ColumnTypeEnum.Character;
      // An empty one is a NUL byte.
      for (const row of result.rows) row[index] = row[index] === '' ? '\0' : row[index];
    }
    return result;
  };
  return adapter;
}

function passCharColumns(pool) {
  pool.on('connect', (client) => {
    const query = client.query.bind(client);
    client.query = (...args) => {
      const done = args.at(-1);
      if (typeof done !== 'function') return query(...args).then(noteCharColumns);
      return query(...args.slice(0, -1), (error, result) => done(error, error ? result : noteCharColumns(result)));
    };
  });
  return pool;
}

function noteCharColumns(result) {
  const fields = result.fields ?? [];
  const indexes = fields.flatMap((field, index) => (field.dataTypeID === charType ? [index] : []));
  for (const index of indexes) fields[index].dataTypeID = textType;
  if (indexes.length > 0) charColumns.set(result.rows, indexes);
  return result;
}

async function openMemory() {
  const database = await openEmbeddedPostgres(null);
  return { database, pool: passCharColumns(new pg.Pool(database.poolConfig)) };
}

/** Another build could read the schema differently: it must be the one that the Prisma here was made with. */
function refuseOtherBuild() {
  const { packages } = JSON.parse(readFileSync(join(here, '..', 'package-lock.json'), 'utf8'));
  const wanted = packages['node_modules/@prisma/engines-version'].version;
  const installed = packages['node_modules/@prisma/schema-engine-wasm'].version;
  if (installed !== wanted) throw new Error(`@prisma/schema-engine-wasm is ${installed}; this Prisma needs ${wanted}`);
}

function load() {
  const { WebAssembly } = globalThis;
  // Where the engine leaves its last words.
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => console.error(message) };
  const folder = dirname(require.resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const module = new WebAssembly.Module(readFileSync(join(folder, 'schema_engine_bg.wasm')));
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': engine });
  engine.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
}
load();

/** prisma/migrations as the engine wants it. */
export function migrationList() {
  const entries = readdirSync(migrationsFolder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const read = (...path) => readFileSync(join(migrationsFolder, ...path), 'utf8');
  return {
    baseDir: migrationsFolder,
    lockfile: { path: 'migration_lock.toml', content: read('migration_lock.toml') },
    shadowDbInitScript: '',
    migrationDirectories: names.sort().map((name) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: read(name, 'migration.sql') } },
    })),
  };
}
