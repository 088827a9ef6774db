import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { knownDatasets, ownDatasetPlaces, ownDatasets, type DatasetManifest } from '@gradpool/experiment';

/** The data sets that have been added to a data folder; one that cannot be read counts as absent. */
export async function addedDatasets(dataDir: string): Promise<readonly DatasetManifest[]> {
  const folder = join(dataDir, ownDatasetPlaces.folder);
  const { manifests } = await ownDatasets({
    names: () => readdir(folder).catch(() => []),
    text: (name, file) => readFile(join(folder, name, file), 'utf8').catch(() => null),
  });
  return manifests;
}

/** What a sweep may name where the data folder is served. */
export const datasetsOf = async (dataDir: string): Promise<readonly DatasetManifest[]> => [
  ...knownDatasets,
  ...(await addedDatasets(dataDir)),
];
