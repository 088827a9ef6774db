import { readCodeMap, readIdx, type CodeMapPoints } from '@gradpool/experiment';
import type { EmbeddingView } from '@gradpool/protocol';
import { useQuery } from '@tanstack/react-query';
import { getBytes } from '../app/api.ts';
import { useManifest } from '../app/datasets.ts';

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
  const manifest = useManifest(dataset).data;
  return useQuery({
    queryKey: ['test pictures', dataset],
    queryFn: async ({ signal }) => {
      const file = manifest?.files.find(({ role }) => role === 'test-images');
      const bytes = await getBytes(`/data/${file?.sha256}`, signal);
      const { image, classNames = null } = manifest!;
      return { pixels: readIdx(bytes).data, image, classNames };
    },
    enabled: manifest !== undefined,
    staleTime: Infinity,
  });
}
