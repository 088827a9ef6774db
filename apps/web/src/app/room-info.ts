import { roleAllows, roomAnswer, type Role, type RoomAnswer } from '@gradpool/protocol';
import { useQuery } from '@tanstack/react-query';
import { getJson } from './api.ts';

/** The room's name, what this page's token may do, and the links to hand on; undefined until it is known. */
export function useRoomInfo(): RoomAnswer | undefined {
  return useQuery({ queryKey: ['room'], queryFn: ({ signal }) => getJson('/api/room', roomAnswer, signal) }).data;
}

/** Whether this page may do what needs `role`; false until it is known. */
export function useMay(role: Role): boolean {
  const info = useRoomInfo();
  return info !== undefined && roleAllows(info.role, role);
}
