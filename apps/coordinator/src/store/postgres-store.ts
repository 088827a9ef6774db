import { PrismaPg } from '@prisma/adapter-pg';
import type { AttemptRow, PersistRow } from '@gradpool/coordination';
import type { BaselineValue, Digest, SweepId, TrialId } from '@gradpool/protocol';
import type pg from 'pg';
import { PrismaClient } from '../generated/prisma/client.ts';
import { storeFault } from '../loop/store-fault.ts';
import { coalesceRows } from './coalesced-rows.ts';
import type { CellAggregate, RankedCell, RankedSweep, StoredLeaderboard } from './leaderboard.ts';
import { leaderboardOf } from './leaderboard.ts';
import { mayGoOn } from './retention.ts';
import { safeJson, safeText } from './safe-json.ts';
import type { Store, StoredArtifact, StoredPictures, StoredPoint } from './store.ts';
import { attemptOf, loadRows } from './stored-rows.ts';
import * as sql from './statements.ts';

export interface PoolOptions {
  readonly schema: string | undefined;
  /** Rejects where this process must not write. */
  readonly beforeCommit: () => Promise<void>;
  readonly beforeClose: () => Promise<void>;
  readonly afterClose: () => Promise<void>;
}

/**
 * The store over an open pool whose database is up to date. Reads go through Prisma. What must be fast (commits, points,
 * the leaderboard) is one prepared statement per table on the same pool, because the statements are the same for ever and
 * planning them anew costs more than running them.
 */
export function storeOverPool(pool: pg.Pool, { schema, beforeCommit, beforeClose, afterClose }: PoolOptions): Store {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, schema === undefined ? {} : { schema }) });
  let last: Promise<unknown> = Promise.resolve();
  return {
    load: () => loadRows(prisma),
    commit: (rows) => {
      // One after another, in the order of the calls: a later state of a row never loses against an earlier one.
      const done = last.then(() => writing(() => beforeCommit().then(() => commitRows(pool, rows))));
      last = done.catch(() => undefined);
      return done;
    },
    appendPoints: (points) => writing(() => appendPoints(pool, points)),
    points: (trialId) => readPoints(prisma, trialId),
    attempts: (trialId) => readAttempts(prisma, trialId),
    leaderboard: (sweepId) => readLeaderboard(pool, sweepId),
    putPictures: (added) => writing(() => putPictures(pool, added)),
    pictures: (trialId) => readPictures(prisma, trialId),
    pictureDigests: () => readPictureDigests(prisma),
    putArtifact: (artifact) => writing(() => putArtifact(pool, artifact)),
    expiredArtifacts: (before, max) => readExpired(pool, before, max),
    forgetArtifacts: (digests) => writing(() => forgetArtifacts(prisma, digests)),
    workerSecretHash: async (workerId) =>
      (await prisma.workerSecret.findUnique({ where: { workerId } }))?.secretHash ?? null,
    putWorkerSecretHash: (workerId, secretHash) =>
      writing(async () => {
        const update = { secretHash };
        await prisma.workerSecret.upsert({ where: { workerId }, update, create: { workerId, secretHash } });
      }),
    ping: async () => void (await pool.query('SELECT 1')),
    close: async () => {
      await last;
      await beforeClose();
      await prisma.$disconnect();
      await pool.end();
      await afterClose();
    },
  };
}

/** A failed write has one of two codes: E_DISK_FULL or E_STORE_WRITE; what lies beneath is its cause. */
async function writing(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw storeFault(error);
  }
}

/** A statement of `statements.ts` and its parameters; it is prepared once per connection, under its own name. */
interface Statement {
  readonly name: keyof typeof sql;
  readonly values: unknown[];
}

function named({ name, values }: Statement): pg.QueryConfig {
  return { name, text: sql[name], values };
}

/**
 * Runs the statements in one transaction, all sent at once. After one that fails Postgres refuses the rest and turns
 * the COMMIT into a rollback, so that the first failure is the one to report.
 */
async function transaction(pool: pg.Pool, statements: readonly Statement[]): Promise<void> {
  const client = await pool.connect();
  let broken = true;
  try {
    const queries = ['BEGIN', ...statements.map(named), 'COMMIT'].map((query) => client.query(query));
    const settled = await Promise.allSettled(queries);
    const committed = settled.at(-1);
    broken = committed?.status !== 'fulfilled';
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    if (committed?.status === 'fulfilled' && committed.value.command !== 'COMMIT') throw new Error('rolled back');
  } finally {
    client.release(broken);
  }
}

async function commitRows(pool: pg.Pool, rows: readonly PersistRow[]): Promise<void> {
  const { sweep, cell, worker, trial, attempt, baseline, embedding, room } = coalesceRows(rows);
  const statements: Statement[] = [];
  const add = (name: Statement['name'], table: readonly object[]) => {
    if (table.length > 0) statements.push({ name, values: [safeJson(table)] });
  };
  // Parents before children.
  add('upsertSweeps', sweep);
  add('upsertCells', cell);
  add('upsertWorkers', worker);
  add('upsertTrials', trial);
  add('upsertAttempts', attempt);
  add('upsertBaselines', baseline);
  add('upsertEmbeddings', embedding);
  add('upsertRooms', room);
  if (statements.length > 0) await transaction(pool, statements);
}

async function appendPoints(pool: pg.Pool, points: readonly StoredPoint[]): Promise<void> {
  if (points.length === 0) return;
  const values = [
    points.map((point) => point.trialId),
    points.map((point) => point.attempt),
    points.map((point) => point.epoch),
    points.map((point) => safeText(point.name)),
    points.map((point) => point.value),
  ];
  await pool.query(named({ name: 'insertPoints', values }));
}

async function readPoints(prisma: PrismaClient, trialId: TrialId): Promise<readonly StoredPoint[]> {
  const rows = await prisma.metricPoint.findMany({
    where: { trialId },
    orderBy: [{ attempt: 'asc' }, { epoch: 'asc' }, { name: 'asc' }],
  });
  return rows.map(({ attempt, epoch, name, value }) => ({ trialId, attempt, epoch, name, value }));
}

async function readAttempts(prisma: PrismaClient, trialId: TrialId): Promise<readonly AttemptRow[]> {
  const rows = await prisma.attempt.findMany({ where: { trialId }, orderBy: { number: 'asc' } });
  return rows.map(attemptOf);
}

/** All three selects leave together on one connection, so that they wait once behind whatever is being written. */
async function readLeaderboard(pool: pg.Pool, sweepId: SweepId): Promise<StoredLeaderboard | null> {
  const client = await pool.connect();
  const select = <Row extends object>(name: Statement['name']) =>
    client.query<Row>(named({ name, values: [sweepId] })).then(({ rows }) => rows);
  try {
    const [sweeps, baselines, cells] = await Promise.all([
      select<RankedSweep>('selectRankedSweep'),
      select<BaselineValue>('selectBaselines'),
      select<CellAggregate & RankedCell>('selectAggregates'),
    ]);
    const [sweep] = sweeps;
    if (sweep === undefined) return null;
    return leaderboardOf(
      sweep,
      cells.map((cell) => ({ cell, aggregate: cell })),
      baselines,
    );
  } finally {
    client.release();
  }
}

async function putPictures(pool: pg.Pool, { trialId, epoch, sha256, bytes }: StoredPictures): Promise<void> {
  await pool.query(named({ name: 'upsertPictures', values: [trialId, epoch, sha256, bytes] }));
}

async function readPictures(prisma: PrismaClient, trialId: TrialId): Promise<readonly StoredPictures[]> {
  const select = { epoch: true, sha256: true, bytes: true } as const;
  const rows = await prisma.pictures.findMany({ where: { trialId }, orderBy: { epoch: 'asc' }, select });
  return rows.map(({ sha256, ...row }) => ({ ...row, trialId, sha256: sha256 as Digest }));
}

async function readPictureDigests(prisma: PrismaClient): Promise<readonly Digest[]> {
  const rows = await prisma.pictures.findMany({ distinct: ['sha256'], select: { sha256: true } });
  return rows.map(({ sha256 }) => sha256 as Digest);
}

async function putArtifact(pool: pg.Pool, { sha256, kind, bytes, createdAt }: StoredArtifact): Promise<void> {
  await pool.query(named({ name: 'upsertArtifact', values: [sha256, kind, bytes, createdAt] }));
}

async function readExpired(pool: pg.Pool, before: number, max: number): Promise<readonly StoredArtifact[]> {
  const values = [before, max, [...mayGoOn]];
  const { rows } = await pool.query<Record<'sha256' | 'kind' | 'bytes', string> & { created_at: Date }>(
    named({ name: 'selectExpiredArtifacts', values }),
  );
  return rows.map(
    ({ sha256, kind, bytes, created_at }) =>
      ({ sha256, kind, bytes: Number(bytes), createdAt: created_at.getTime() }) as StoredArtifact,
  );
}

/** Forgets artifacts whose files are gone, and the checkpoints that named them. */
async function forgetArtifacts(prisma: PrismaClient, digests: readonly Digest[]): Promise<void> {
  const where = { sha256: { in: [...digests] } };
  await prisma.$transaction([prisma.checkpoint.deleteMany({ where }), prisma.artifact.deleteMany({ where })]);
}
