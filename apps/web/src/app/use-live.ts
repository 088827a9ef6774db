import { useCallback, useRef } from 'react';
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import type { Changes } from './live-room.ts';
import { useChanges } from './room-context.tsx';

export interface LiveOptions<Data, Row> {
  readonly key: readonly string[];
  readonly fetch: (signal: AbortSignal) => Promise<Data>;
  /** What of a batch of changes belongs to this data. */
  readonly pick: (changes: Changes) => readonly Row[];
  readonly merge: (data: Data, rows: readonly Row[]) => Data;
  readonly enabled?: boolean;
}

/**
 * Data fetched once and then kept up to date from the viewer socket. Changes heard while a fetch is under way are merged
 * into its answer too, which may be older than they are; after a reconnect everything is fetched again.
 */
export function useLive<Data, Row>({ key, fetch, pick, merge, enabled }: LiveOptions<Data, Row>): UseQueryResult<Data> {
  const client = useQueryClient();
  const during = useRef<Row[]>([]);
  const id = key.join(' ');
  const queryFn = async ({ signal }: { readonly signal: AbortSignal }): Promise<Data> => {
    during.current = [];
    const data = await fetch(signal);
    return merge(data, during.current);
  };
  const query = useQuery<Data>({ queryKey: [id], queryFn, enabled: enabled ?? true });
  const heard = (changes: Changes): void => {
    const rows = pick(changes);
    if (rows.length === 0) return;
    if (client.isFetching({ queryKey: [id] }) > 0) during.current.push(...rows);
    client.setQueryData<Data>([id], (old) => (old === undefined ? old : merge(old, rows)));
  };
  const missed = useCallback(() => void client.invalidateQueries({ queryKey: [id] }), [client, id]);
  useChanges(heard, missed);
  return query;
}
