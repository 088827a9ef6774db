import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetDigest, knownDatasets, ownDatasetPlaces, type DatasetManifest } from '@gradpool/experiment';
import { CliError, configError, reasonOf } from '../cli-error.ts';
import { openApi } from '../client/api.ts';
import { readServing } from '../client/data-folder.ts';
import { findCoordinator } from '../client/find-coordinator.ts';
import { addedDatasets, datasetFacts, shapeText } from '../client/own-datasets.ts';
import { shortPath } from '../paths.ts';
import type { Output } from '../screen/output.ts';
import { paragraph, tableLines } from '../screen/table.ts';
import { formatCount } from '../screen/units.ts';

interface Looking {
  /** Absolute path. */
  readonly dataDir: string;
  readonly output: Output;
}

const folderOf = (dataDir: string, name: string): string => join(dataDir, ownDatasetPlaces.folder, name);

/** The data sets that were added to a data folder, by name. */
export async function listData({ dataDir, output }: Looking): Promise<void> {
  const manifests = await addedDatasets(dataDir);
  output.json(manifests.map((manifest) => datasetFacts(manifest, folderOf(dataDir, manifest.name))));
  const look = output.look();
  const known = knownDatasets.map(({ name }) => name).join(', ');
  output.say([
    ...(manifests.length === 0
      ? paragraph('No data set of your own yet; add one with: gradpool data add NAME FOLDER', look)
      : tableLines(
          [
            { title: 'data set', flexible: true },
            { title: 'pictures' },
            ...['classes', 'train', 'test'].map((title) => ({ title, align: 'right' }) as const),
          ],
          manifests.map((manifest) => [
            look.paint.bold(manifest.name),
            shapeText(manifest),
            ...[manifest.classes, manifest.train.images, manifest.test.images].map(formatCount),
          ]),
          look,
        )),
    ...paragraph(`Every room knows ${known}.`, look),
  ]);
}

/**
 * Removes a data set that was added. Rejects with a CliError: E_DATA_MISSING for a name that is not there, E_DATA_IN_USE while a
 * coordinator serves the folder that has an unfinished sweep on it, E_FILE.
 */
export async function removeData(name: string, { dataDir, output }: Looking): Promise<void> {
  const manifests = await addedDatasets(dataDir);
  const manifest = manifests.find((known) => known.name === name);
  if (manifest === undefined) throw unknownData(name, dataDir, manifests);
  await refuseInUse(manifest, dataDir);
  const folder = folderOf(dataDir, name);
  // Gone at once for whoever lists the folder, however long deleting takes.
  const aside = join(folder, '..', `.${name}.${process.pid}`);
  try {
    await rename(folder, aside);
    await rm(aside, { recursive: true, force: true });
  } catch (error) {
    throw new CliError('E_FILE', `cannot remove ${folder} (${reasonOf(error)})`);
  }
  output.json(datasetFacts(manifest, folder));
  output.say(
    paragraph(
      `${name} is removed; what it was read from is untouched, and adding it again brings it back`,
      output.look(),
    ),
  );
}

function unknownData(name: string, dataDir: string, manifests: readonly DatasetManifest[]): CliError {
  const names = manifests.map((known) => known.name).join(', ');
  const there = names === '' ? 'none was added' : `there are ${names}`;
  return configError(
    'E_DATA_MISSING',
    `no data set ${JSON.stringify(name)} was added to ${shortPath(dataDir)}; ${there}`,
  );
}

async function refuseInUse(manifest: DatasetManifest, dataDir: string): Promise<void> {
  if (readServing(dataDir) === null) return;
  const digest = datasetDigest(manifest);
  const sweeps = await openApi(findCoordinator({ dataDir }, 'viewer', {})).sweeps();
  const users = sweeps.filter(
    ({ dataset, state }) => dataset === digest && (state === 'running' || state === 'paused'),
  );
  if (users.length === 0) return;
  const names = users.map((sweep) => sweep.name).join(', ');
  throw configError(
    'E_DATA_IN_USE',
    `${manifest.name} is what ${names} trains on; let it finish, or end it with \`gradpool sweep cancel\``,
  );
}
