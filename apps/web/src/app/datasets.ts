import { knownDatasets, type DatasetManifest } from '@gradpool/experiment';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { getJson } from './api.ts';

/** What a data set is; it never changes. */
export function useManifest(dataset: string | undefined) {
  return useQuery({
    queryKey: ['manifest', dataset],
    queryFn: ({ signal }) => getJson(`/api/datasets/${dataset}`, z.custom<DatasetManifest>(), signal),
    enabled: dataset !== undefined,
    staleTime: Infinity,
  });
}

/** The data sets that a sweep may name here; until the coordinator has said, those that are known everywhere. */
export function useDatasets(): readonly DatasetManifest[] {
  const answer = useQuery({
    queryKey: ['datasets'],
    queryFn: async ({ signal }) =>
      (await getJson('/api/datasets', z.custom<{ datasets: DatasetManifest[] }>(), signal)).datasets,
  });
  return answer.data ?? knownDatasets;
}
