import { reconstructionsAnswer, type EpochPicturesView, type ReconstructionsAnswer } from '@gradpool/protocol';
import { useQuery } from '@tanstack/react-query';
import { getBytes, getJson } from '../app/api.ts';
import { useLive } from '../app/use-live.ts';

/** Which reconstructions of a trial are kept, and the pictures they are of; a finished epoch adds itself. */
export function useReconstructions(trialId: string) {
  return useLive<ReconstructionsAnswer, EpochPicturesView>({
    key: ['reconstructions', trialId],
    fetch: (signal) =>
      getJson(`/api/trials/${encodeURIComponent(trialId)}/reconstructions`, reconstructionsAnswer, signal),
    pick: ({ pictures }) =>
      pictures
        .filter((heard) => heard.trialId === trialId)
        .map(({ epoch, sha256, bytes }) => ({ epoch, sha256, bytes })),
    merge: (old, heard) => (heard.length === 0 ? old : { ...old, epochs: mergedEpochs(old.epochs, heard) }),
  });
}

/** By rising epoch; the newest pictures of an epoch count. */
export function mergedEpochs(
  old: readonly EpochPicturesView[],
  heard: readonly EpochPicturesView[],
): EpochPicturesView[] {
  const newest = new Map([...old, ...heard].map((pictures) => [pictures.epoch, pictures]));
  return [...newest.values()].sort((a, b) => a.epoch - b.epoch);
}

/** Bytes of one epoch's pictures. While others are on their way, those shown before stay. */
export function usePictureBytes(pictures: EpochPicturesView | undefined) {
  return useQuery({
    queryKey: ['artifact', pictures?.sha256],
    queryFn: ({ signal }) => getBytes(`/api/artifacts/${pictures?.sha256}`, signal),
    enabled: pictures !== undefined,
    placeholderData: (before) => before,
  });
}

export const bytesOfBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
