import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { datasetDigest, datasetName, type DatasetManifest } from '@gradpool/experiment';
import { CliError, codeOf, configError, reasonOf } from '../cli-error.ts';
import { openApi } from '../client/api.ts';
import { readServing } from '../client/data-folder.ts';
import { findCoordinator } from '../client/find-coordinator.ts';
import { addedData, asideOf, ownFolder } from '../client/own-datasets.ts';
import { shortPath } from '../paths.ts';
import type { Output } from '../screen/output.ts';
import { paragraph } from '../screen/table.ts';

export interface DataRemoveOptions {
  /** Absolute path. */
  readonly dataDir: string;
  readonly output: Output;
}

/**
 * Removes a data set that was added, also one that cannot be read. Rejects with a CliError: E_DATA_MISSING for a name that is not there,
 * E_DATA_IN_USE while the coordinator that serves the folder has an unfinished sweep on it, E_FILE.
 */
export async function removeData(name: string, { dataDir, output }: DataRemoveOptions): Promise<void> {
  const folder = ownFolder(dataDir, name);
  const { manifests } = await addedData(dataDir);
  // A name is no path: nothing outside of the folder of data sets can be meant.
  if (!datasetName.test(name) || !existsSync(folder)) throw unknownData(name, dataDir, manifests);
  const manifest = manifests.find((known) => known.name === name);
  const isServed = readServing(dataDir) !== null;
  if (manifest && isServed) await refuseInUse(manifest, dataDir);
  await removeFolder(folder);
  output.json({ dataset: name, folder, asked: isServed });
  output.say([
    ...paragraph(
      `${name} is removed; what it was read from is untouched, and adding it again brings it back.`,
      output.look(),
    ),
    ...(isServed
      ? []
      : paragraph(
          'Nothing serves this folder now, so nobody could say whether a sweep waits for it: one that does fails until it is added again.',
          output.look(),
        )),
  ]);
}

function unknownData(name: string, dataDir: string, manifests: readonly DatasetManifest[]): CliError {
  const names = manifests.map((known) => known.name).join(', ');
  const there = names === '' ? 'none was added' : `there are ${names}`;
  return configError(
    'E_DATA_MISSING',
    `no data set ${JSON.stringify(name)} was added to ${shortPath(dataDir)}; ${there} (see \`gradpool data list\`)`,
  );
}

async function refuseInUse(manifest: DatasetManifest, dataDir: string): Promise<void> {
  const digest = datasetDigest(manifest);
  const users = (await sweepsOf(manifest.name, dataDir)).filter(
    ({ dataset, state }) => dataset === digest && (state === 'running' || state === 'paused'),
  );
  if (users.length === 0) return;
  const names = users.map((sweep) => sweep.name).join(', ');
  throw configError(
    'E_DATA_IN_USE',
    `${manifest.name} is what ${names} trains on; let it finish, or end it with \`gradpool sweep cancel\``,
  );
}

async function sweepsOf(name: string, dataDir: string) {
  try {
    return await openApi(findCoordinator({ dataDir }, 'viewer', {})).sweeps();
  } catch (error) {
    const why = `${codeOf(error)}: ${reasonOf(error)}`;
    const message = `cannot ask the coordinator of ${shortPath(dataDir)} whether a sweep trains on ${name} (${why}); stop it first, or where none runs remove coordinator.json there`;
    throw new CliError('E_DATA_IN_USE', message);
  }
}

async function removeFolder(folder: string): Promise<void> {
  const aside = asideOf(folder);
  try {
    // Gone at once for whoever lists the folder, however long deleting takes.
    await rm(aside, { recursive: true, force: true });
    await rename(folder, aside);
  } catch (error) {
    throw new CliError('E_FILE', `cannot remove ${folder} (${reasonOf(error)}); try again when nobody loads it`);
  }
  await rm(aside, { recursive: true, force: true }).catch((error: unknown) => {
    throw new CliError(
      'E_FILE',
      `it is no data set any more, but ${aside} is still there (${reasonOf(error)}); delete it`,
    );
  });
}
