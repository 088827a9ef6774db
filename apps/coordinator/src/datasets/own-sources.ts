import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ownDatasetPlaces, ownDatasets, type DataError } from '@gradpool/experiment';
import type { DatasetSource } from './dataset-catalog.ts';

/** The data sets that `gradpool data add` has put into a data folder. `onFault` hears of those that cannot be read. */
export async function ownSources(dataDir: string, onFault: (fault: DataError) => void): Promise<DatasetSource[]> {
  const folder = path.join(dataDir, ownDatasetPlaces.folder);
  const { manifests, faults } = await ownDatasets({
    names: () => readdir(folder).catch(() => []),
    text: (name, file) => readFile(path.join(folder, name, file), 'utf8').catch(() => null),
  });
  faults.forEach(onFault);
  return manifests.map((manifest) => {
    const own = path.join(folder, manifest.name);
    return { manifest, folder: own, remedy: `remove ${own} and add the data set again with gradpool data add` };
  });
}
