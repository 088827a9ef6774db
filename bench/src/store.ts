import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPointBuffer, openPostgresStore } from '@gradpool/coordinator/store';
import type { PointBuffer, Store, StoredPoint } from '@gradpool/coordinator/store';
import {
  openTestServer,
  sampleAttempt,
  sampleCell,
  sampleSweep,
  sampleTrial,
  whyNoTestServer,
} from '@gradpool/coordinator/store/testing';
import { median, quantile } from './statistics.ts';

/**
 * Metric points a second that the store takes in, from a sender that is held back only by the point buffer, while the
 * leaderboard over 100,000 complete trials is asked for ten times a second; on the embedded Postgres and on a real one.
 * Beside it, rows a second in small commits with nothing else going on. Usage: `npm run bench:store [-- --json]`.
 */
const cells = 1_000;
const seeds = 100;
const ingestMs = 15_000;
const askEveryMs = 100;
/** Trials that report at the same time, and what each reports before another takes its place. */
const reportingTrials = 200;
const epochs = 40;
const names = ['train_mse', 'validation_mse', 'images_per_second'];
/** Points in one message of a worker. */
const messagePoints = 6;
const commitMs = 3_000;
const commitRows = 20;

type Trial = ReturnType<typeof sampleTrial>;
type Row = Parameters<Store['commit']>[0][number];

interface Figures {
  readonly metricPointsPerSecond: number;
  readonly leaderboardP50Ms: number;
  readonly leaderboardP95Ms: number;
  readonly upsertsPerSecond: number;
  readonly commitP50Ms: number;
}

async function main(): Promise<void> {
  const reports = new Map([['embedded', await onEmbedded()]]);
  const why = whyNoTestServer();
  if (why === null) reports.set('server', await onServer());
  else console.log(`only the embedded Postgres was measured: ${why}`);
  console.table(
    [...reports].map(([database, figures]) => ({
      database,
      'points/s (>= 20000)': Math.round(figures.metricPointsPerSecond),
      'leaderboard p50 ms': round(figures.leaderboardP50Ms),
      'p95 ms (<= 50)': round(figures.leaderboardP95Ms),
      'row upserts/s (>= 2000)': Math.round(figures.upsertsPerSecond),
      [`commit of ${commitRows}, p50 ms`]: round(figures.commitP50Ms),
    })),
  );
  if (!process.argv.includes('--json')) return;
  const all = [...reports.values()];
  const metricPointsPerSecond = Math.min(...all.map((figures) => figures.metricPointsPerSecond));
  const leaderboardP95Ms = Math.max(...all.map((figures) => figures.leaderboardP95Ms));
  const upsertsPerSecond = Math.min(...all.map((figures) => figures.upsertsPerSecond));
  const databases = [...reports.keys()];
  console.log(JSON.stringify({ metricPointsPerSecond, leaderboardP95Ms, upsertsPerSecond, databases }));
}

async function onEmbedded(): Promise<Figures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gradpool-bench-'));
  try {
    return await measure(await openPostgresStore({ kind: 'embedded', dataDir }));
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function onServer(): Promise<Figures> {
  const server = await openTestServer();
  const database = await server.createDatabase();
  try {
    return await measure(await openPostgresStore({ kind: 'server', url: database.url }));
  } finally {
    await database.drop();
    await server.stop();
  }
}

async function measure(store: Store): Promise<Figures> {
  try {
    const { sweep, trials } = await fill(store);
    const commits = await commitSmall(store, trials);
    const asked = askLeaderboard(store, sweep.sweepId);
    const metricPointsPerSecond = await ingest(store, trials);
    const times = await asked.stop();
    await checkStored(store, trials);
    return {
      metricPointsPerSecond,
      leaderboardP50Ms: median(times),
      leaderboardP95Ms: quantile(times, 0.95),
      ...commits,
    };
  } finally {
    await store.close();
  }
}

/** One sweep of 1,000 cells with 100 complete trials each. */
async function fill(store: Store): Promise<{ sweep: ReturnType<typeof sampleSweep>; trials: Trial[] }> {
  const sweep = sampleSweep();
  await store.commit([{ table: 'sweep', row: sweep }]);
  const trials: Trial[] = [];
  for (let index = 0; index < cells; index += 10) {
    const some = Array.from({ length: 10 }, (_, offset) => sampleCell(sweep, index + offset));
    const theirs = some.flatMap((cell) =>
      Array.from({ length: seeds }, (_, seed) =>
        sampleTrial(cell, seed, { state: 'complete', score: 0.02 + 1e-5 * cell.index + 1e-4 * Math.sin(seed) }),
      ),
    );
    await store.commit([
      ...some.map((row): Row => ({ table: 'cell', row })),
      ...theirs.map((row): Row => ({ table: 'trial', row })),
    ]);
    trials.push(...theirs);
  }
  return { sweep, trials };
}

/** Commits of a trial and an attempt each ten times, as a busy coordinator makes them. */
async function commitSmall(
  store: Store,
  trials: readonly Trial[],
): Promise<Pick<Figures, 'upsertsPerSecond' | 'commitP50Ms'>> {
  const times: number[] = [];
  const start = performance.now();
  for (let first = 0; performance.now() - start < commitMs; first = (first + commitRows / 2) % (cells * seeds)) {
    const rows = trials.slice(first, first + commitRows / 2).flatMap((row): Row[] => [
      { table: 'trial', row: { ...row, fence: row.fence + 1 } },
      { table: 'attempt', row: sampleAttempt(row, { state: 'complete' }) },
    ]);
    const before = performance.now();
    await store.commit(rows);
    times.push(performance.now() - before);
  }
  const seconds = (performance.now() - start) / 1_000;
  return {
    upsertsPerSecond: (times.length * commitRows) / seconds,
    commitP50Ms: median(times),
  };
}

/** Points that really are stored, a second. */
async function ingest(store: Store, trials: readonly Trial[]): Promise<number> {
  const buffer = openPointBuffer(store);
  const start = performance.now();
  let sent = 0;
  for (let group = 0; performance.now() - start < ingestMs; group += 1) {
    const reporting = trials.slice(group * reportingTrials, (group + 1) * reportingTrials);
    sent += await report(buffer, reporting, () => performance.now() - start < ingestMs);
  }
  await buffer.close();
  return sent / ((performance.now() - start) / 1_000);
}

/** The trials' messages in turn, until all have reported every epoch or the time is up. */
async function report(buffer: PointBuffer, trials: readonly Trial[], goesOn: () => boolean): Promise<number> {
  const epochsPerMessage = messagePoints / names.length;
  let sent = 0;
  for (let epoch = 1; epoch <= epochs && goesOn(); epoch += epochsPerMessage) {
    for (const { trialId } of trials) {
      const points = Array.from({ length: messagePoints }, (_, index): StoredPoint => {
        const name = names[index % names.length] ?? '';
        return {
          trialId,
          attempt: 1,
          epoch: epoch + Math.floor(index / names.length),
          name,
          value: 1 / (epoch + index),
        };
      });
      await buffer.add(points);
      sent += points.length;
    }
    // Sockets are read between two turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sent;
}

function askLeaderboard(store: Store, sweepId: Trial['sweepId']): { stop(): Promise<number[]> } {
  const times: number[] = [];
  let stopped = false;
  const asking = (async () => {
    while (!stopped) {
      const start = performance.now();
      const board = await store.leaderboard(sweepId);
      times.push(performance.now() - start);
      if (board?.rows.length !== cells || board.rows.some((row) => row.n !== seeds))
        throw new Error('a wrong leaderboard');
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, askEveryMs - (performance.now() - start))));
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await asking;
      return times;
    },
  };
}

async function checkStored(store: Store, trials: readonly Trial[]): Promise<void> {
  const [first] = trials;
  const points = first === undefined ? [] : await store.points(first.trialId);
  if (points.length !== epochs * names.length) throw new Error(`stored ${points.length} points of the first trial`);
}

const round = (value: number): number => Number(value.toPrecision(3));

await main();
