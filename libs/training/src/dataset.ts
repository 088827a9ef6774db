import {
  checkDigest,
  DataError,
  datasetDigest,
  imageSize,
  readIdx,
  type DatasetFile,
  type DatasetManifest,
  type FileRole,
} from '@gradpool/experiment';

/** A data set in memory. Images are bytes 0 to 255, [count, height, width, channels]; labels one byte each. */
export interface Dataset {
  readonly manifest: DatasetManifest;
  readonly digest: string;
  readonly trainImages: Uint8Array;
  readonly trainLabels: Uint8Array;
  readonly testImages: Uint8Array;
  readonly testLabels: Uint8Array;
}

/**
 * Reads and checks every file of a manifest. Throws DataError (E_DATA_...) where bytes are not what it says. `digestsChecked`
 * where `read` gives only bytes that have their digest: hashing a data set takes a phone seconds.
 */
export async function loadDataset(
  manifest: DatasetManifest,
  read: (file: DatasetFile) => Promise<Uint8Array>,
  { digestsChecked = false } = {},
): Promise<Dataset> {
  const pixels = imageSize(manifest.image);
  const load = (role: FileRole, values: number): Promise<Uint8Array> =>
    loadFile(manifest, { role, values, digestsChecked }, read);
  return {
    manifest,
    digest: datasetDigest(manifest),
    trainImages: await load('train-images', manifest.train.images * pixels),
    trainLabels: await load('train-labels', manifest.train.images),
    testImages: await load('test-images', manifest.test.images * pixels),
    testLabels: await load('test-labels', manifest.test.images),
  };
}

/** One file of a data set; `values`: how many numbers it must hold. Throws as `loadDataset` does. */
export async function loadFile(
  manifest: DatasetManifest,
  { role, values, digestsChecked }: { role: FileRole; values: number; digestsChecked: boolean },
  read: (file: DatasetFile) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const file = manifest.files.find((candidate) => candidate.role === role);
  if (!file) throw new DataError('E_DATA_MISSING', `Data set ${manifest.name} lists no ${role} file; fix its manifest`);
  const bytes = await read(file);
  if (!digestsChecked) checkDigest(bytes, file.sha256, `${role} file of ${manifest.name}`);
  const { dims, data } = readIdx(bytes);
  if (data.length !== values) {
    throw new DataError(
      'E_DATA_MISMATCH',
      `The ${role} file of ${manifest.name} holds ${dims.join(' x ')} values, its manifest says ${values}; fix the manifest`,
    );
  }
  return data;
}
