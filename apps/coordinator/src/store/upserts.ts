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
  claimedTestMse: 'float8',
  validationMse: 'float8',
  segments: 'jsonb',
  images: 'int8',
  durationMs: 'float8',
  testMse: 'float8',
  verifiedBy: 'uuid',
  errorCode: 'text',
  errorMessage: 'text',
  createdAt: 'float8',
  startedAt: 'float8',
  finishedAt: 'float8',
};

const trialRecord = { ...trialFields, erredWorkers: 'json', checkpoint: 'json', weights: 'json' };

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
  ],
  source: 'r',
});

/**
 * Upserts trials and returns the figures that those of them that were complete had counted with before (every part of
 * one statement sees the tables as they were when it began).
 */
export const upsertTrials = `WITH r AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS r(${recordOf(trialRecord)})),
counted AS (
  SELECT t.trial_id, t.test_mse FROM trials t JOIN r ON t.trial_id = r."trialId"
  WHERE t.state = 'complete' AND t.test_mse IS NOT NULL
),
upserted AS (${insertTrials})
SELECT trial_id, test_mse FROM counted`;

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
  firstSeenAt: 'float8',
  lastSeenAt: 'float8',
};

export const upsertWorkers = upsert({
  table: 'workers',
  fields: workerFields,
  key: ['worker_id'],
  columns: Object.keys(workerFields).map((field) => (field.endsWith('At') ? time(field) : same(field))),
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

/** Files the newest checkpoint of each trial row in `$1` under (trial, epoch). */
export const upsertCheckpoints = `INSERT INTO checkpoints (trial_id, room_id, epoch, sha256, bytes, numeric_class)
SELECT r."trialId", (SELECT p.room_id FROM trials p WHERE p.trial_id = r."trialId"), (r.checkpoint ->> 'epoch')::int,
  r.checkpoint #>> '{artifact,sha256}', (r.checkpoint #>> '{artifact,bytes}')::int8, r.checkpoint ->> 'numericClass'
FROM json_to_recordset($1::json) AS r("trialId" uuid, checkpoint json)
ON CONFLICT (trial_id, epoch) DO UPDATE
SET sha256 = excluded.sha256, bytes = excluded.bytes, numeric_class = excluded.numeric_class
WHERE checkpoints.sha256 <> excluded.sha256`;

/**
 * Merges new values into aggregates without reading the cell's other trials (Chan, Golub and LeVeque's pairwise
 * update): n = na + nb, mean = a + d nb / n, m2 = m2a + m2b + d^2 na nb / n with d = b - a.
 */
export const mergeAggregates = `INSERT INTO cell_aggregates AS a (cell_id, room_id, sweep_id, n, mean, m2)
SELECT c.cell_id, c.room_id, c.sweep_id, r.n, r.mean, r.m2
FROM unnest($1::uuid[], $2::int[], $3::float8[], $4::float8[]) AS r(cell_id, n, mean, m2)
JOIN cells c ON c.cell_id = r.cell_id
ON CONFLICT (cell_id) DO UPDATE SET
  n = a.n + excluded.n,
  mean = a.mean + (excluded.mean - a.mean) * excluded.n / (a.n + excluded.n),
  m2 = a.m2 + excluded.m2 + (excluded.mean - a.mean) ^ 2 * a.n * excluded.n / (a.n + excluded.n)`;

/** Computes the aggregates of the cells `$1` afresh from their trials, after a figure was taken back or corrected. */
export const recomputeAggregates = `INSERT INTO cell_aggregates (cell_id, room_id, sweep_id, n, mean, m2)
SELECT c.cell_id, c.room_id, c.sweep_id, count(t.test_mse), coalesce(avg(t.test_mse), 0),
  coalesce(var_pop(t.test_mse) * count(t.test_mse), 0)
FROM cells c LEFT JOIN trials t ON t.cell_id = c.cell_id AND t.state = 'complete'
WHERE c.cell_id = ANY($1::uuid[])
GROUP BY c.cell_id, c.room_id, c.sweep_id
ON CONFLICT (cell_id) DO UPDATE SET n = excluded.n, mean = excluded.mean, m2 = excluded.m2`;

/** Metric points by column, `$1` to `$5`. A key that is there already is left as it is. */
export const insertPoints = `INSERT INTO metric_points (trial_id, attempt, epoch, name, value)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::float8[])
ON CONFLICT DO NOTHING`;

/** Puts an artifact, or makes a known one as young as the new one. Bytes once kept as weights stay weights. */
export const upsertArtifact = `INSERT INTO artifacts AS a (sha256, kind, bytes, created_at)
VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000.0))
ON CONFLICT (sha256) DO UPDATE SET
  kind = CASE WHEN a.kind = 'weights' THEN a.kind ELSE excluded.kind END,
  created_at = greatest(a.created_at, excluded.created_at)`;

/** At most `$2` artifacts put before `$1` (ms since 1970) that no trial needs, oldest first. */
export const selectExpiredArtifacts = `SELECT a.sha256, a.kind, a.bytes, a.created_at FROM artifacts a
WHERE a.created_at < to_timestamp($1::float8 / 1000.0)
  AND NOT EXISTS (SELECT FROM trials t WHERE t.weights_sha256 = a.sha256)
  AND NOT EXISTS (SELECT FROM trials t WHERE t.checkpoint_sha256 = a.sha256 AND t.state = ANY($3::text[]))
ORDER BY a.created_at, a.sha256 LIMIT $2`;

/** The cells of the sweep `$1` that have complete trials. */
export const selectAggregates = `SELECT c.cell_id AS "cellId", c.index, c.parameters, a.n, a.mean, a.m2
FROM cell_aggregates a JOIN cells c ON c.cell_id = a.cell_id
WHERE a.sweep_id = $1 AND a.n > 0`;
