import { useRoom } from './room-context.tsx';

/** A worker's name while the room knows it, else the end of its id. */
export function WorkerName({ id }: { readonly id: string | null }) {
  const { workers } = useRoom();
  return id === null ? '–' : (workers.get(id)?.name ?? `…${id.slice(-8)}`);
}
