import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { LiveRoom, type Changes, type RoomNow } from './live-room.ts';

const RoomContext = createContext<LiveRoom | null>(null);

/** Opens the page's one viewer socket for all below it. */
export function RoomProvider({ token, children }: { readonly token: string; readonly children: ReactNode }) {
  const [room, setRoom] = useState<LiveRoom | null>(null);
  useEffect(() => {
    const opened = new LiveRoom(token);
    setRoom(opened);
    return () => {
      opened.close();
    };
  }, [token]);
  return room && <RoomContext value={room}>{children}</RoomContext>;
}

/** The room as it is now; the component renders again when it changes. */
export function useRoom(): RoomNow {
  const room = useLiveRoom();
  return useSyncExternalStore(room.subscribe, room.snapshot);
}

/** Calls back with every batch of changes, and `missed` after a reconnect: then fetch again what was fetched. */
export function useChanges(heard: (changes: Changes) => void, missed: () => void): void {
  const room = useLiveRoom();
  useEffect(() => room.onChanges(heard), [room, heard]);
  useEffect(() => room.onSnapshot(missed), [room, missed]);
}

function useLiveRoom(): LiveRoom {
  const room = use(RoomContext);
  if (!room) throw new Error('useRoom outside of RoomProvider');
  return room;
}
