import { z } from 'zod';
import { DataError } from './data-error.ts';
import { datasetName, datasetNameRule } from './dataset-name.ts';
import { type ImageShape, imageSize } from './image-shape.ts';
import { type DatasetManifest, knownDatasets } from './manifest.ts';

/** Where a data folder keeps the data sets that its user has added: each in a folder of its name, every file under its SHA-256. */
export const ownDatasetPlaces = { folder: 'datasets', manifest: 'manifest.json' } as const;

/** Bounds on a data set that a user adds; one beyond is refused, never cut. */
export const ownDatasetLimits = {
  /** Labels are bytes. */
  classesMax: 256,
  /** A convolution of stride 2 twice needs something to look at. */
  sideMin: 4,
  /** Values of a picture. The baselines keep square matrices of so many rows: at 4,096 each of them takes 134 MB. */
  pictureValuesMax: 4_096,
  /** Pictures, train and test together. */
  picturesMax: 1_000_000,
  /** Values of all pictures together: every worker keeps them in memory. */
  valuesMax: 1 << 29,
  /** Bytes of the file of one picture, and pixels that it may unpack to. */
  pictureBytesMax: 64 * 1_048_576,
  picturePixelsMax: 50_000_000,
  classNameCharsMax: 80,
} as const;

/** Throws DataError E_DATA_NAME unless a user's data set may be called this. */
export function checkOwnName(name: string): void {
  if (!datasetName.test(name)) {
    throw new DataError('E_DATA_NAME', `${JSON.stringify(name)} is no name; ${datasetNameRule}`);
  }
  if (knownDatasets.some((known) => known.name === name)) {
    throw new DataError('E_DATA_NAME', `${name} is the name of a data set that every room knows; choose another`);
  }
}

/** Throws DataError E_DATA_LIMIT for pictures that models or baselines cannot take. */
export function checkOwnShape(image: ImageShape): void {
  const { sideMin, pictureValuesMax } = ownDatasetLimits;
  const text = `${image.height} x ${image.width} x ${image.channels}`;
  if (image.height < sideMin || image.width < sideMin) {
    throw new DataError('E_DATA_LIMIT', `Pictures of ${text} are too small; each side has at least ${sideMin} pixels`);
  }
  const values = imageSize(image);
  if (values <= pictureValuesMax) return;
  const advice = image.channels > 1 ? 'choose a smaller --size, or --colour grey' : 'choose a smaller --size';
  throw new DataError(
    'E_DATA_LIMIT',
    `Pictures of ${text} have ${values} values, at most ${pictureValuesMax} are taken; ${advice}`,
  );
}

/** Throws DataError E_DATA_LIMIT for more pictures than workers can hold. */
export function checkOwnSize(image: ImageShape, pictures: number): void {
  const { picturesMax, valuesMax } = ownDatasetLimits;
  if (pictures > picturesMax) {
    throw new DataError('E_DATA_LIMIT', `There are ${pictures} pictures, at most ${picturesMax} are taken; use fewer`);
  }
  const values = pictures * imageSize(image);
  if (values <= valuesMax) return;
  throw new DataError(
    'E_DATA_LIMIT',
    `${pictures} pictures of ${imageSize(image)} values are ${values} bytes, at most ${valuesMax} are taken; choose a smaller --size, or use fewer`,
  );
}

const split = z.strictObject({ images: z.int().min(1) });
const ownManifest = z.strictObject({
  name: z.string().regex(datasetName),
  image: z.strictObject({
    height: z.int().min(1),
    width: z.int().min(1),
    channels: z.union([z.literal(1), z.literal(3)]),
  }),
  classes: z.int().min(1).max(ownDatasetLimits.classesMax),
  classNames: z.array(z.string()).optional(),
  train: split,
  test: split,
  files: z
    .array(
      z.strictObject({
        role: z.enum(['train-images', 'train-labels', 'test-images', 'test-labels']),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        bytes: z.int().min(1),
      }),
    )
    .length(4),
});

/** The manifest that a folder of this name keeps. Throws DataError E_DATA_MANIFEST for any other text. */
export function readOwnManifest(name: string, text: string): DatasetManifest {
  const read = ownManifest.safeParse(asJson(text));
  const { classNames, ...manifest } = read.data ?? {};
  if (read.success && read.data.name === name && hasEveryRole(read.data.files)) {
    return { ...read.data, ...manifest, ...(classNames && { classNames }) } as DatasetManifest;
  }
  const issue = read.error?.issues[0];
  const reason = issue ? `${issue.path.join('.')}: ${issue.message}` : `it is of ${read.data?.name ?? 'nothing'}`;
  throw new DataError('E_DATA_MANIFEST', `The manifest of ${name} is not one (${reason}); add the data set again`);
}

const hasEveryRole = (files: DatasetManifest['files']): boolean => new Set(files.map(({ role }) => role)).size === 4;

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Names of the folders below `folder` of a data folder, and the text of a file below it; none and null where there is none. */
export interface OwnDatasetFiles {
  readonly names: () => Promise<readonly string[]>;
  readonly text: (name: string, file: string) => Promise<string | null>;
}

/** The data sets that a user has added, by name, and what is wrong with those that cannot be read. */
export async function ownDatasets({ names, text }: OwnDatasetFiles): Promise<{
  readonly manifests: readonly DatasetManifest[];
  readonly faults: readonly DataError[];
}> {
  const manifests: DatasetManifest[] = [];
  const faults: DataError[] = [];
  for (const name of [...(await names())].sort()) {
    // What is being written has a name that no data set has.
    if (!datasetName.test(name)) continue;
    try {
      manifests.push(readOwnManifest(name, (await text(name, ownDatasetPlaces.manifest)) ?? ''));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      faults.push(error);
    }
  }
  return { manifests, faults };
}
