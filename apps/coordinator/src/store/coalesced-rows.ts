import type { PersistRow } from '@gradpool/coordination';

type RowOf<Table extends PersistRow['table']> = Extract<PersistRow, { table: Table }>['row'];

/** The rows of one commit by table, the last of each key, in the order of their first appearance. */
export type CoalescedRows = { readonly [Table in PersistRow['table']]: readonly RowOf<Table>[] };

/** Text key of a row within its table. */
export function rowKey(persist: PersistRow): string {
  switch (persist.table) {
    case 'sweep':
      return persist.row.sweepId;
    case 'cell':
      return persist.row.cellId;
    case 'trial':
      return persist.row.trialId;
    case 'attempt':
      return persist.row.leaseId;
    case 'worker':
      return persist.row.workerId;
    case 'embedding':
      return persist.row.trialId;
    case 'room':
      return persist.row.roomId;
    case 'baseline': {
      const { dataset, baseline, latent, noise } = persist.row;
      return `${dataset} ${baseline} ${latent ?? '-'} ${noise}`;
    }
  }
}

/** Keeps the last row of each key. */
export function coalesceRows(rows: readonly PersistRow[]): CoalescedRows {
  const last = new Map<string, PersistRow>();
  for (const row of rows) last.set(`${row.table} ${rowKey(row)}`, row);
  const kept: { [Table in PersistRow['table']]: RowOf<Table>[] } = {
    sweep: [],
    cell: [],
    trial: [],
    attempt: [],
    worker: [],
    baseline: [],
    embedding: [],
    room: [],
  };
  for (const { table, row } of last.values()) (kept[table] as (typeof row)[]).push(row);
  return kept;
}
