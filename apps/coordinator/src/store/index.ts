export { lockDataDir } from './data-dir-lock.ts';
export type { DataDirLock } from './data-dir-lock.ts';
export { openMemoryStore } from './memory-store.ts';
export { openPostgresStore } from './open-postgres-store.ts';
export type { PostgresOptions } from './open-postgres-store.ts';
export { openPointBuffer } from './point-buffer.ts';
export type { PointBuffer, PointBufferOptions } from './point-buffer.ts';
export type { Store, StoredArtifact, StoredPoint } from './store.ts';
