export { openMemoryStore } from './memory-store.ts';
export { openPostgresStore } from './open-postgres-store.ts';
export type { PostgresOptions } from './open-postgres-store.ts';
export type { Store, StoredArtifact, StoredPoint } from './store.ts';
