import { readCodeMap, readIdx, type CodeMapPoints, type DatasetManifest } from '@gradpool/experiment';
import type { EmbeddingView } from '@gradpool/protocol';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { getBytes, getJson } from '../app/api.ts';

/** The map that an evaluator has stored. */
export function useStoredMap({ map }: EmbeddingView) {
  return useQuery<CodeMapPoints>({
    queryKey: ['code map', map.sha256],
    queryFn: async ({ signal }) => readCodeMap(await getBytes(`/api/artifacts/${map.sha256}`, signal)),
    staleTime: Infinity,
  });
}

/** Test pictures of a data set as bytes 0 to 255, [images, height, width, channels]; they are large, and never change. */
export function useTestPictures(dataset: string | undefined) {
  return useQuery({
    queryKey: ['test pictures', dataset],
    queryFn: async ({ signal }) => {
      const manifest = await getJson(`/api/datasets/${dataset}`, z.custom<DatasetManifest>(), signal);
      const file = manifest.files.find(({ role }) => role === 'test-images');
      const bytes = await getBytes(`/data/${file?.sha256}`, signal);
      return { pixels: readIdx(bytes).data, image: manifest.image };
    },
    enabled: dataset !== undefined,
    staleTime: Infinity,
  });
}
