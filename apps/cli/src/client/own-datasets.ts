import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  className,
  datasetDigest,
  knownDatasets,
  ownDatasetPlaces,
  ownDatasets,
  type DatasetManifest,
} from '@gradpool/experiment';

export const ownFolder = (dataDir: string, name: string): string => join(dataDir, ownDatasetPlaces.folder, name);

/** Beside a data set's folder, under a name that no data set has: what is being written or removed. */
export const asideOf = (folder: string): string => join(dirname(folder), `.${basename(folder)}.${process.pid}`);

/** The data sets that have been added to a data folder, and what is wrong with those that cannot be read. */
export function addedData(dataDir: string): ReturnType<typeof ownDatasets> {
  const folder = join(dataDir, ownDatasetPlaces.folder);
  return ownDatasets({
    names: () => readdir(folder).catch(() => []),
    text: (name, file) => readFile(join(folder, name, file), 'utf8').catch(() => null),
  });
}

/** Those that can be read. */
export const addedDatasets = async (dataDir: string): Promise<readonly DatasetManifest[]> =>
  (await addedData(dataDir)).manifests;

/** What a sweep may name where the data folder is served. */
export const datasetsOf = async (dataDir: string): Promise<readonly DatasetManifest[]> => [
  ...knownDatasets,
  ...(await addedDatasets(dataDir)),
];

export const shapeText = ({ image }: DatasetManifest): string =>
  `${image.height} x ${image.width}, ${image.channels === 1 ? 'grey' : 'colour'}`;

/** Names of the classes by label. */
export const classesOf = ({ classes, classNames }: DatasetManifest): string[] =>
  Array.from({ length: classes }, (_, label) => className({ ...(classNames && { classNames }) }, label));

/** What scripts are told of a data set that lies in `folder`. */
export const datasetFacts = (manifest: DatasetManifest, folder: string) => ({
  ...{ dataset: manifest.name, digest: datasetDigest(manifest), folder, image: manifest.image },
  ...{ train: manifest.train.images, test: manifest.test.images, classes: classesOf(manifest) },
});
