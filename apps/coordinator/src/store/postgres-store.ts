import { PrismaPg } from '@prisma/adapter-pg';
import type { PersistRow, TrialRow } from '@gradpool/coordination';
import type { CellId, Digest, Leaderboard, SweepId, TrialId } from '@gradpool/protocol';
import pg from 'pg';
import { PrismaClient } from '../generated/prisma/client.ts';
import { Fault } from '../fault.ts';
import { aggregateChanges } from './aggregates.ts';
import { coalesceRows } from './coalesced-rows.ts';
import type { CellAggregate, RankedCell } from './leaderboard.ts';
import { leaderboardOf } from './leaderboard.ts';
import { mayGoOn } from './retention.ts';
import { safeJson, safeText } from './safe-json.ts';
import type { Store, StoredArtifact, StoredPoint } from './store.ts';
import { baselineOf, loadRows, sweepOf } from './stored-rows.ts';
import * as sql from './upserts.ts';

/**
 * The store over an open pool whose database is up to date. Reads go through Prisma. What must be fast (commits, points,
 * the leaderboard) is one prepared statement per table on the same pool, because the statements are the same for ever and
 * planning them anew costs more than running them.
 */
export function storeOverPool(pool: pg.Pool, options: { schema?: string; close: () => Promise<void> }): Store {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, options.schema ? { schema: options.schema } : {}) });
  return {
    load: () => loadRows(prisma),
    commit: (rows) => writing(() => commitRows(pool, rows)),
    appendPoints: (points) => writing(() => appendPoints(pool, points)),
    points: (trialId) => readPoints(prisma, trialId),
    leaderboard: (sweepId) => readLeaderboard(prisma, pool, sweepId),
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
      await prisma.$disconnect();
      await pool.end();
      await options.close();
    },
  };
}

/** Any failed write has one code; what lies beneath (a full disk, a broken connection, a constraint) is its cause. */
async function writing(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Fault('E_STORE_WRITE', `the store did not take a write: ${why}`, { cause: error });
  }
}

/** Runs a statement that is prepared once per connection under its own name. */
type RunNamed = <Row extends object>(name: keyof typeof sql, values: unknown[]) => Promise<Row[]>;

function namedOn(client: pg.Pool | pg.PoolClient): RunNamed {
  return async <Row extends object>(name: keyof typeof sql, values: unknown[]) =>
    (await client.query<Row>({ name, text: sql[name], values })).rows;
}

/** One transaction; the connection is thrown away where not even the rollback worked. */
async function transaction(pool: pg.Pool, work: (run: RunNamed) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query('BEGIN');
    await work(namedOn(client));
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

async function commitRows(pool: pg.Pool, rows: readonly PersistRow[]): Promise<void> {
  const { sweep, cell, worker, trial, attempt, baseline } = coalesceRows(rows);
  if (rows.length === 0) return;
  await transaction(pool, async (run) => {
    // Parents before children.
    if (sweep.length > 0) await run('upsertSweeps', [safeJson(sweep)]);
    if (cell.length > 0) await run('upsertCells', [safeJson(cell)]);
    if (worker.length > 0) await run('upsertWorkers', [safeJson(worker)]);
    if (trial.length > 0) await commitTrials(run, trial);
    if (attempt.length > 0) await run('upsertAttempts', [safeJson(attempt)]);
    if (baseline.length > 0) await run('upsertBaselines', [safeJson(baseline)]);
  });
}

async function commitTrials(run: RunNamed, trials: readonly TrialRow[]): Promise<void> {
  const counted = await run<{ trial_id: TrialId; test_mse: number }>('upsertTrials', [safeJson(trials)]);
  const before = new Map(counted.map((row) => [row.trial_id, row.test_mse]));
  const { gained, stale } = aggregateChanges(trials, before);
  if (gained.size > 0) await run('mergeAggregates', aggregateColumns(gained));
  if (stale.size > 0) await run('recomputeAggregates', [[...stale]]);
  const checkpoints = trials.flatMap(({ trialId, checkpoint }) => (checkpoint ? [{ trialId, checkpoint }] : []));
  if (checkpoints.length > 0) await run('upsertCheckpoints', [safeJson(checkpoints)]);
}

function aggregateColumns(gained: ReadonlyMap<CellId, CellAggregate>): unknown[] {
  const aggregates = [...gained.values()];
  return [[...gained.keys()], aggregates.map((a) => a.n), aggregates.map((a) => a.mean), aggregates.map((a) => a.m2)];
}

async function appendPoints(pool: pg.Pool, points: readonly StoredPoint[]): Promise<void> {
  if (points.length === 0) return;
  await namedOn(pool)('insertPoints', [
    points.map((point) => point.trialId),
    points.map((point) => point.attempt),
    points.map((point) => point.epoch),
    points.map((point) => safeText(point.name)),
    points.map((point) => point.value),
  ]);
}

async function readPoints(prisma: PrismaClient, trialId: TrialId): Promise<readonly StoredPoint[]> {
  const rows = await prisma.metricPoint.findMany({
    where: { trialId },
    orderBy: [{ attempt: 'asc' }, { epoch: 'asc' }, { name: 'asc' }],
  });
  return rows.map(({ attempt, epoch, name, value }) => ({ trialId, attempt, epoch, name, value }));
}

async function readLeaderboard(prisma: PrismaClient, pool: pg.Pool, sweepId: SweepId): Promise<Leaderboard | null> {
  const sweep = await prisma.sweep.findUnique({ where: { sweepId } });
  if (sweep === null) return null;
  const baselines = await prisma.baseline.findMany({ where: { dataset: sweep.dataset } });
  const rows = await namedOn(pool)<CellAggregate & RankedCell>('selectAggregates', [sweepId]);
  const cells = rows.map((row) => ({ cell: row, aggregate: row }));
  return leaderboardOf(sweepOf(sweep), cells, baselines.map(baselineOf));
}

async function putArtifact(pool: pg.Pool, { sha256, kind, bytes, createdAt }: StoredArtifact): Promise<void> {
  await namedOn(pool)('upsertArtifact', [sha256, kind, bytes, createdAt]);
}

async function readExpired(pool: pg.Pool, before: number, max: number): Promise<readonly StoredArtifact[]> {
  const values = [before, max, [...mayGoOn]];
  const rows = await namedOn(pool)<Record<'sha256' | 'kind' | 'bytes', string> & { created_at: Date }>(
    'selectExpiredArtifacts',
    values,
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
