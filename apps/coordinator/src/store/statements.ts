import { defaultRoomId } from '@gradpool/protocol';

/** A column, its type in the JSON rows, and the expression over a JSON row `r` that fills it. */
interface Column {
  readonly name: string;
  readonly value: string;
}

interface UpsertTable {
  readonly table: string;
  /** Fields of the TypeScript row as Postgres reads them from JSON. */
  readonly fields: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  readonly columns: readonly Column[];
  /** Where the rows `r` come from, if not from `$1`. */
  readonly source?: string;
}

const same = (field: string, name = snakeCase(field)): Column => ({ name, value: `r."${field}"` });
/** Rows carry ms since 1970. */
const time = (field: string): Column => ({ name: snakeCase(field), value: `to_timestamp(r."${field}" / 1000.0)` });

/**
 * One statement that upserts any number of rows: `$1` is a JSON array of the TypeScript rows as they are. A row
 * without its parent has no room and breaks NOT NULL, so nothing is dropped in silence.
 */
function upsert({ table, fields, key, columns, source }: UpsertTable): string {
  const updated = columns.filter(({ name }) => !key.includes(name)).map(({ name }) => `"${name}" = excluded."${name}"`);
  return `INSERT INTO ${table} (${columns.map(({ name }) => `"${name}"`).join(', ')})
SELECT ${columns.map(({ value }) => value).join(', ')}
FROM ${source ?? `json_to_recordset($1::json) AS r(${recordOf(fields)})`}
ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updated.join(', ')}`;
}

function recordOf(fields: UpsertTable['fields']): string {
  return Object.entries(fields)
    .map(([field, type]) => `"${field}" ${type}`)
    .join(', ');
}

function snakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const roomOf = (parent: string, id: string, field: string): Column => ({
  name: 'room_id',
  value: `(SELECT p.room_id FROM ${parent} p WHERE p.${id} = r."${field}")`,
});

const sweepFields = {
  sweepId: 'uuid',
  roomId: 'uuid',
  name: 'text',
  specHash: 'text',
  earlierHashes: 'jsonb',
  spec: 'jsonb',
  state: 'text',
  metric: 'text',
  goal: 'text',
  dataset: 'text',
  datasetName: 'text',
  codeVersion: 'text',
  errorsMax: 'int',
  baselines: 'jsonb',
  createdAt: 'float8',
  finishedAt: 'float8',
};

export const upsertSweeps = upsert({
  table: 'sweeps',
  fields: sweepFields,
  key: ['sweep_id'],
  columns: Object.keys(sweepFields).map((field) => (field.endsWith('At') ? time(field) : same(field))),
});

const cellFields = { cellId: 'uuid', sweepId: 'uuid', index: 'int', key: 'text', parameters: 'jsonb', cost: 'float8' };

export const upsertCells = upsert({
  table: 'cells',
  fields: cellFields,
  key: ['cell_id'],
  columns: [roomOf('sweeps', 'sweep_id', 'sweepId'), ...Object.keys(cellFields).map((field) => same(field))],
});

const trialFields = {
  trialId: 'uuid',
  sweepId: 'uuid',
  cellId: 'uuid',
  seedIndex: 'int',
  seed: 'int8',
  spec: 'jsonb',
  state: 'text',
  fence: 'int8',
  attempts: 'int',
  errors: 'int',
  workerId: 'uuid',
  backend: 'text',
  claimedScore: 'float8',
  validationMse: 'float8',
  rungs: 'jsonb',
  segments: 'jsonb',
  images: 'int8',
  durationMs: 'float8',
  score: 'float8',
  measures: 'jsonb',
  verifiedBy: 'uuid',
  errorCode: 'text',
  errorMessage: 'text',
  createdAt: 'float8',
  startedAt: 'float8',
  finishedAt: 'float8',
};

const trialRecord = { ...trialFields, erredWorkers: 'json', checkpoint: 'json', weights: 'json', details: 'json' };

const insertTrials = upsert({
  table: 'trials',
  fields: trialRecord,
  key: ['trial_id'],
  columns: [
    roomOf('sweeps', 'sweep_id', 'sweepId'),
    ...Object.keys(trialFields).map((field) => (field.endsWith('At') ? time(field) : same(field))),
    { name: 'erred_workers', value: 'ARRAY(SELECT e::uuid FROM json_array_elements_text(r."erredWorkers") AS e)' },
    { name: 'checkpoint_epoch', value: `(r.checkpoint ->> 'epoch')::int` },
    { name: 'checkpoint_sha256', value: `r.checkpoint #>> '{artifact,sha256}'` },
    { name: 'checkpoint_bytes', value: `(r.checkpoint #>> '{artifact,bytes}')::int8` },
    { name: 'checkpoint_class', value: `r.checkpoint ->> 'numericClass'` },
    { name: 'weights_sha256', value: `r.weights ->> 'sha256'` },
    { name: 'weights_bytes', value: `(r.weights ->> 'bytes')::int8` },
    { name: 'details_sha256', value: `r.details ->> 'sha256'` },
    { name: 'details_bytes', value: `(r.details ->> 'bytes')::int8` },
  ],
  source: 'r',
});

/**
 * Upserts trials, files their checkpoints under (trial, epoch) and keeps the aggregates of their cells, in one statement,
 * every part of which sees the tables as they were when it began. A cell that gains figures is merged without reading
 * its other trials (Chan, Golub and LeVeque's pairwise update: n = na + nb, mean = a + d nb / n,
 * m2 = m2a + m2b + d^2 na nb / n with d = b - a); one whose figure was taken back or corrected is computed afresh.
 */
export const upsertTrials = `WITH r AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS r(${recordOf(trialRecord)})),
upserted AS (${insertTrials}),
filed AS (
  INSERT INTO checkpoints (trial_id, room_id, epoch, sha256, bytes, numeric_class)
  SELECT r."trialId", (SELECT p.room_id FROM sweeps p WHERE p.sweep_id = r."sweepId"), (r.checkpoint ->> 'epoch')::int,
    r.checkpoint #>> '{artifact,sha256}', (r.checkpoint #>> '{artifact,bytes}')::int8, r.checkpoint ->> 'numericClass'
  FROM r WHERE r.checkpoint IS NOT NULL
  ON CONFLICT (trial_id, epoch) DO UPDATE
  SET sha256 = excluded.sha256, bytes = excluded.bytes, numeric_class = excluded.numeric_class
  WHERE checkpoints.sha256 <> excluded.sha256
),
figure AS MATERIALIZED (
  SELECT r."trialId" AS trial_id, r."cellId" AS cell_id, r."sweepId" AS sweep_id, t.score AS before,
    CASE WHEN r.state = 'complete' THEN r.score END AS after
  FROM r LEFT JOIN trials t ON t.trial_id = r."trialId" AND t.state = 'complete'
),
stale AS MATERIALIZED (
  SELECT DISTINCT cell_id, sweep_id FROM figure WHERE before IS NOT NULL AND after IS DISTINCT FROM before
),
merged AS (
  INSERT INTO cell_aggregates AS a (cell_id, sweep_id, room_id, n, mean, m2)
  SELECT f.cell_id, f.sweep_id, (SELECT p.room_id FROM sweeps p WHERE p.sweep_id = f.sweep_id),
    count(*), avg(f.after), var_pop(f.after) * count(*)
  FROM figure f
  WHERE f.after IS NOT NULL AND f.before IS NULL AND f.cell_id NOT IN (SELECT cell_id FROM stale)
  GROUP BY f.cell_id, f.sweep_id
  ON CONFLICT (cell_id) DO UPDATE SET
    n = a.n + excluded.n,
    mean = a.mean + (excluded.mean - a.mean) * excluded.n / (a.n + excluded.n),
    m2 = a.m2 + excluded.m2 + (excluded.mean - a.mean) ^ 2 * a.n * excluded.n / (a.n + excluded.n)
)
UPDATE cell_aggregates a SET n = fresh.n, mean = fresh.mean, m2 = fresh.m2
FROM stale s CROSS JOIN LATERAL (
  SELECT count(v.value) AS n, coalesce(avg(v.value), 0) AS mean, coalesce(var_pop(v.value), 0) * count(v.value) AS m2
  FROM (
    SELECT f.after AS value FROM figure f WHERE f.cell_id = s.cell_id
    UNION ALL
    SELECT t.score FROM trials t
    WHERE t.cell_id = s.cell_id AND t.state = 'complete' AND t.trial_id NOT IN (SELECT trial_id FROM figure)
  ) v
) fresh
WHERE a.cell_id = s.cell_id`;

const attemptFields = {
  leaseId: 'uuid',
  trialId: 'uuid',
  number: 'int',
  fence: 'int8',
  workerId: 'uuid',
  copy: 'bool',
  state: 'text',
  fromEpoch: 'int',
  toEpoch: 'int',
  errorCode: 'text',
  errorMessage: 'text',
  startedAt: 'float8',
  endedAt: 'float8',
};

export const upsertAttempts = upsert({
  table: 'attempts',
  fields: attemptFields,
  key: ['lease_id'],
  columns: [
    roomOf('trials', 'trial_id', 'trialId'),
    ...Object.keys(attemptFields).map((field) => (field.endsWith('At') ? time(field) : same(field))),
  ],
});

const workerFields = {
  workerId: 'uuid',
  roomId: 'uuid',
  name: 'text',
  kind: 'text',
  platform: 'text',
  backend: 'text',
  numericClass: 'text',
  trusted: 'bool',
  flopsPerSecond: 'float8',
  trialsCompleted: 'int',
  trialsRejected: 'int',
  epochsVerified: 'int8',
  imagesVerified: 'int8',
  firstSeenAt: 'float8',
  lastSeenAt: 'float8',
  removedAt: 'float8',
};

export const upsertWorkers = upsert({
  table: 'workers',
  fields: workerFields,
  key: ['worker_id'],
  columns: Object.keys(workerFields).map((field) => (field.endsWith('At') ? time(field) : same(field))),
});

const roomFields = { roomId: 'uuid', state: 'text', pausedSweeps: 'jsonb', changedAt: 'float8' };

export const upsertRooms = upsert({
  table: 'rooms',
  fields: roomFields,
  key: ['room_id'],
  columns: Object.keys(roomFields).map((field) => (field.endsWith('At') ? time(field) : same(field))),
});

export const upsertBaselines = upsert({
  table: 'baselines',
  fields: {
    dataset: 'text',
    baseline: 'text',
    latent: 'int',
    noise: 'float8',
    testMse: 'float8',
    workerId: 'uuid',
    computedAt: 'float8',
  },
  key: ['dataset', 'baseline', 'latent', 'noise'],
  columns: [
    { name: 'room_id', value: `'${defaultRoomId}'::uuid` },
    same('dataset'),
    same('baseline'),
    { name: 'latent', value: 'coalesce(r.latent, 0)' },
    same('noise'),
    same('testMse'),
    same('workerId'),
    time('computedAt'),
  ],
});

export const upsertEmbeddings = upsert({
  table: 'embeddings',
  fields: {
    trialId: 'uuid',
    map: 'json',
    points: 'int',
    separation: 'jsonb',
    workerId: 'uuid',
    computedAt: 'float8',
  },
  key: ['trial_id'],
  columns: [
    roomOf('trials', 'trial_id', 'trialId'),
    same('trialId'),
    { name: 'sha256', value: `r.map ->> 'sha256'` },
    { name: 'bytes', value: `(r.map ->> 'bytes')::int` },
    same('points'),
    same('separation'),
    same('workerId'),
    time('computedAt'),
  ],
});

/** Metric points by column, `$1` to `$5`. A key that is there already is left as it is. */
export const insertPoints = `INSERT INTO metric_points (trial_id, attempt, epoch, name, value)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::float8[])
ON CONFLICT DO NOTHING`;

/** The newest pictures of a (trial, epoch) count; a trial that is not there has no room and breaks NOT NULL. */
export const upsertPictures = `INSERT INTO pictures (trial_id, room_id, epoch, sha256, bytes)
VALUES ($1::uuid, (SELECT t.room_id FROM trials t WHERE t.trial_id = $1::uuid), $2, $3, $4)
ON CONFLICT (trial_id, epoch) DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes`;

/** Puts an artifact, or makes a known one as young as the new one. Bytes once kept as weights stay weights. */
export const upsertArtifact = `INSERT INTO artifacts AS a (sha256, kind, bytes, created_at)
VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000.0))
ON CONFLICT (sha256) DO UPDATE SET
  kind = CASE WHEN a.kind = 'weights' THEN a.kind ELSE excluded.kind END,
  created_at = greatest(a.created_at, excluded.created_at)`;

/** At most `$2` artifacts put before `$1` (ms since 1970) that no trial needs, oldest first. */
export const selectExpiredArtifacts = `SELECT a.sha256, a.kind, a.bytes, a.created_at FROM artifacts a
WHERE a.created_at < to_timestamp($1::float8 / 1000.0)
  AND NOT EXISTS (SELECT FROM trials t WHERE t.weights_sha256 = a.sha256 OR t.details_sha256 = a.sha256)
  AND NOT EXISTS (SELECT FROM embeddings e WHERE e.sha256 = a.sha256)
  AND NOT EXISTS (SELECT FROM trials t WHERE t.checkpoint_sha256 = a.sha256 AND t.state = ANY($3::text[]))
ORDER BY a.created_at, a.sha256 LIMIT $2`;

/** What the leaderboard says of the sweep `$1` itself. */
export const selectRankedSweep = `SELECT sweep_id AS "sweepId", name, metric, goal, baselines
FROM sweeps WHERE sweep_id = $1`;

/** Every baseline of the data set that the sweep `$1` is on. */
export const selectBaselines = `SELECT b.baseline, nullif(b.latent, 0) AS latent, b.noise, b.test_mse AS "testMse"
FROM sweeps s JOIN baselines b ON b.dataset = s.dataset WHERE s.sweep_id = $1`;

/** The cells of the sweep `$1` that have complete trials. */
export const selectAggregates = `SELECT c.cell_id AS "cellId", c.index, c.parameters, a.n, a.mean, a.m2
FROM cell_aggregates a JOIN cells c ON c.cell_id = a.cell_id
WHERE a.sweep_id = $1 AND a.n > 0`;
