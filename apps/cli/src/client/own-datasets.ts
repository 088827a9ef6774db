import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  className,
  datasetDigest,
  knownDatasets,
  ownDatasetPlaces,
  ownDatasets,
  type DatasetManifest,
} from '@gradpool/experiment';

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
