import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkOwnName,
  DataError,
  datasetDigest,
  ownDatasetPlaces,
  type DatasetFile,
  type DatasetManifest,
  type FoundDataset,
} from '@gradpool/experiment';
import { CliError, configError, reasonOf } from '../cli-error.ts';
import { openDataFolder } from '../client/data-folder.ts';
import { addedDatasets, asideOf, classesOf, datasetFacts, ownFolder, shapeText } from '../client/own-datasets.ts';
import { readOwnData, type OwnDataOptions } from '../own-data/read-own-data.ts';
import { shortPath } from '../paths.ts';
import { progressBar } from '../screen/bar.ts';
import type { Output } from '../screen/output.ts';
import { formatCount, formatPlural } from '../screen/units.ts';

export interface DataAddOptions extends Omit<OwnDataOptions, 'onProgress'> {
  /** Absolute path. */
  readonly dataDir: string;
  readonly output: Output;
}

/**
 * Reads a folder of pictures or IDX files and keeps it in the data folder as a data set that sweeps may name; one that is there already
 * with the same content stays. Rejects with a CliError: a code of libs/experiment, or E_FILE.
 */
export async function addData({ dataDir, output, ...options }: DataAddOptions): Promise<void> {
  const { manifest, files, skipped } = await readChecked(options, output);
  const folder = ownFolder(dataDir, manifest.name);
  const known = await knownData(dataDir, manifest.name);
  if (known !== null && datasetDigest(known) !== datasetDigest(manifest)) throw otherData(manifest.name, folder);
  if (known === null) {
    openDataFolder(dataDir);
    await keep(folder, { manifest, files }).catch((error: unknown) => {
      throw new CliError('E_FILE', `cannot write ${folder} (${reasonOf(error)})`);
    });
  }
  output.json({ ...datasetFacts(manifest, folder), added: known === null });
  output.say([...addedLines(manifest, { isNew: known === null, folder }), ...skippedLines(skipped)]);
}

/** Drawing takes longer than reading a small picture. */
const picturesBetweenFrames = 20;

async function readChecked(options: Omit<OwnDataOptions, 'onProgress'>, output: Output) {
  const onProgress = (done: number, of: number): void => {
    if (done % picturesBetweenFrames !== 0) return;
    const bar = progressBar(done / of, 30, output.look().unicode);
    output.frame([`  ${bar} ${formatCount(done)} of ${formatCount(of)} pictures`]);
  };
  try {
    checkOwnName(options.name);
    return await readOwnData({ ...options, onProgress });
  } catch (error) {
    if (error instanceof DataError) throw configError(error.code, error.message);
    throw error;
  } finally {
    output.endFrame();
  }
}

const knownData = async (dataDir: string, name: string): Promise<DatasetManifest | null> =>
  (await addedDatasets(dataDir)).find((known) => known.name === name) ?? null;

const otherData = (name: string, folder: string): CliError =>
  configError(
    'E_DATA_EXISTS',
    `there is another data set ${name} already, in ${folder}; choose another name, or remove that one with \`gradpool data remove ${name}\``,
  );

/** The folder appears whole or not at all. What stands in its way has no manifest that can be read. */
async function keep(folder: string, { manifest, files }: FoundDataset): Promise<void> {
  const aside = asideOf(folder);
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  const written = (file: DatasetFile) => writeFile(join(aside, file.sha256), files[file.role]);
  for (const file of manifest.files) await written(file);
  await writeFile(join(aside, ownDatasetPlaces.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
  await rm(folder, { recursive: true, force: true });
  await rename(aside, folder);
}

const classesShown = 12;

function addedLines(manifest: DatasetManifest, { isNew, folder }: { isNew: boolean; folder: string }): string[] {
  const { name, train, test } = manifest;
  const classes = classesOf(manifest);
  const listed = classes
    .slice(0, classesShown)
    .map((text, label) => (text === String(label) ? text : `${label} ${text}`));
  const more = classes.length > classesShown ? ', …' : '';
  return [
    `  ${name} ${isNew ? 'is ready' : 'is there already, with the same pictures'}: ${shapeText(manifest)}, in ${shortPath(folder)}`,
    `  ${formatCount(train.images)} pictures to train on, ${formatCount(test.images)} to test with`,
    `  ${formatPlural(classes.length, 'class', 'classes')}: ${listed.join(', ')}${more}`,
    '  In a sweep file, below parameters:',
    `    dataset: {value: ${name}}`,
    ...(train.images > 10_000 ? [] : [`    validation_images: {value: ${Math.floor(train.images / 10)}}`]),
  ];
}

const skippedLines = (skipped: readonly string[]): string[] =>
  skipped.length === 0
    ? []
    : [
        `  Left out ${formatPlural(skipped.length, 'file')} without .png, .jpg or .jpeg, such as ${shortPath(skipped[0] ?? '')}`,
      ];
