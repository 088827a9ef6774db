import type {
  AttemptRow,
  BaselineRow,
  CellRow,
  EmbeddingRow,
  RoomRow,
  StoredRows,
  SweepRow,
  TrialRow,
  WorkerRow,
} from '@gradpool/coordination';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type * as Table from '../generated/prisma/client.ts';

/**
 * Reads the tables back into the core's rows. The casts put the brands and unions back on what `commit` wrote from the
 * same types; nothing else writes these tables.
 */
export async function loadRows(prisma: PrismaClient): Promise<StoredRows> {
  const sweeps = await prisma.sweep.findMany({ orderBy: { createdAt: 'asc' } });
  const cells = await prisma.cell.findMany({ orderBy: [{ sweepId: 'asc' }, { index: 'asc' }] });
  const trials = await prisma.trial.findMany({ orderBy: { trialId: 'asc' } });
  const attempts = await prisma.attempt.findMany({ where: { state: 'running' }, orderBy: { leaseId: 'asc' } });
  const workers = await prisma.worker.findMany({ orderBy: { workerId: 'asc' } });
  const baselines = await prisma.baseline.findMany();
  const embeddings = await prisma.embedding.findMany();
  const rooms = await prisma.room.findMany();
  return {
    sweeps: sweeps.map(sweepOf),
    cells: cells.map(cellOf),
    trials: trials.map(trialOf),
    attempts: attempts.map(attemptOf),
    workers: workers.map(workerOf),
    baselines: baselines.map(baselineOf),
    embeddings: embeddings.map(embeddingOf),
    rooms: rooms.map(roomOf),
  };
}

function sweepOf({ createdAt, finishedAt, ...row }: Table.Sweep): SweepRow {
  return { ...row, createdAt: createdAt.getTime(), finishedAt: finishedAt?.getTime() ?? null } as unknown as SweepRow;
}

function cellOf({ roomId: _, ...row }: Table.Cell): CellRow {
  return row as unknown as CellRow;
}

function trialOf(row: Table.Trial): TrialRow {
  const {
    roomId: _,
    attemptCount,
    checkpointEpoch,
    checkpointSha256,
    checkpointBytes,
    checkpointClass,
    weightsSha256,
    weightsBytes,
    detailsSha256,
    detailsBytes,
    ...same
  } = row;
  return {
    ...same,
    seed: Number(row.seed),
    fence: Number(row.fence),
    attempts: attemptCount,
    checkpoint:
      checkpointEpoch === null
        ? null
        : {
            epoch: checkpointEpoch,
            artifact: { sha256: checkpointSha256, bytes: Number(checkpointBytes) },
            numericClass: checkpointClass,
          },
    weights: weightsSha256 === null ? null : { sha256: weightsSha256, bytes: Number(weightsBytes) },
    details: detailsSha256 === null ? null : { sha256: detailsSha256, bytes: Number(detailsBytes) },
    images: Number(row.images),
    durationMs: row.durationMs === null ? null : Number(row.durationMs),
    createdAt: row.createdAt.getTime(),
    startedAt: row.startedAt?.getTime() ?? null,
    finishedAt: row.finishedAt?.getTime() ?? null,
  } as unknown as TrialRow;
}

export function attemptOf({ roomId: _, fence, startedAt, endedAt, ...row }: Table.Attempt): AttemptRow {
  const times = { startedAt: startedAt.getTime(), endedAt: endedAt?.getTime() ?? null };
  return { ...row, fence: Number(fence), ...times } as unknown as AttemptRow;
}

function roomOf({ changedAt, ...row }: Table.Room): RoomRow {
  return { ...row, changedAt: changedAt.getTime() } as unknown as RoomRow;
}

function workerOf({
  firstSeenAt,
  lastSeenAt,
  removedAt,
  epochsVerified,
  imagesVerified,
  ...row
}: Table.Worker): WorkerRow {
  const times = {
    firstSeenAt: firstSeenAt.getTime(),
    lastSeenAt: lastSeenAt.getTime(),
    removedAt: removedAt?.getTime() ?? null,
  };
  const counts = { epochsVerified: Number(epochsVerified), imagesVerified: Number(imagesVerified) };
  return { ...row, ...times, ...counts } as unknown as WorkerRow;
}

function baselineOf({ roomId: _, latent, computedAt, ...row }: Table.Baseline): BaselineRow {
  return { ...row, latent: latent || null, computedAt: computedAt.getTime() } as unknown as BaselineRow;
}

function embeddingOf({ roomId: _, sha256, bytes, computedAt, ...row }: Table.Embedding): EmbeddingRow {
  return { ...row, map: { sha256, bytes }, computedAt: computedAt.getTime() } as unknown as EmbeddingRow;
}
