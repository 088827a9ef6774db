import { knownDatasets } from '@gradpool/experiment';
import { addedData, datasetFacts, ownFolder, shapeText } from '../client/own-datasets.ts';
import type { Output } from '../screen/output.ts';
import { paragraph, tableLines } from '../screen/table.ts';
import { formatCount } from '../screen/units.ts';

export interface DataListOptions {
  /** Absolute path. */
  readonly dataDir: string;
  readonly output: Output;
}

/** The data sets that were added to a data folder, by name, and what is wrong with those that cannot be read. */
export async function listData({ dataDir, output }: DataListOptions): Promise<void> {
  const { manifests, faults } = await addedData(dataDir);
  output.json(manifests.map((manifest) => datasetFacts(manifest, ownFolder(dataDir, manifest.name))));
  const look = output.look();
  const table = tableLines(
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
  );
  output.say([
    ...(manifests.length === 0
      ? paragraph('No data set of your own; add one with: gradpool data add NAME FOLDER', look)
      : table),
    ...faults.flatMap(({ code, message }) => paragraph(`${code}: ${message}`, look)),
    ...paragraph(`Every room knows ${knownDatasets.map(({ name }) => name).join(', ')}.`, look),
  ]);
}
