import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cifar10Files, DataError, readCifar10, type CifarBatch, type FoundDataset } from '@gradpool/experiment';
import { exitCode } from '@gradpool/protocol';
import { Fault } from '../fault.ts';
import type { DatasetSource } from './dataset-catalog.ts';

export interface CifarSourceOptions {
  /** Where the six files of the binary version lie. */
  readonly folder: string;
  /** True where somebody named the folder: then it must be one. */
  readonly wanted: boolean;
  /** Where the files are laid by as IDX, under their SHA-256. */
  readonly cacheDir: string;
}

/**
 * CIFAR-10 from the folder of its binary version, whole or a prefix; null where nobody named a folder and there is none.
 * Rejects with a Fault that exits with 2: E_DATA_UNAVAILABLE or a code of libs/experiment.
 */
export async function cifarSource({ folder, wanted, cacheDir }: CifarSourceOptions): Promise<DatasetSource | null> {
  const there = await stat(folder).catch(() => null);
  if (there === null && !wanted) return null;
  const { manifest, files } = await readFolder(folder);
  await mkdir(cacheDir, { recursive: true });
  for (const { role, sha256 } of manifest.files) await layBy(path.join(cacheDir, sha256), files[role]);
  return { manifest, folder, remedy: `start again, so that ${folder} is read anew` };
}

async function readFolder(folder: string): Promise<FoundDataset> {
  const batches = (names: readonly string[]) => Promise.all(names.map((name) => readBatch(folder, name)));
  const [train, test] = [await batches(cifar10Files.train), await batches(cifar10Files.test)];
  try {
    return readCifar10({ train, test });
  } catch (error) {
    if (error instanceof DataError)
      throw new Fault(error.code, `${folder}: ${error.message}`, { exit: exitCode.config });
    throw error;
  }
}

async function readBatch(folder: string, name: string): Promise<CifarBatch> {
  const file = path.join(folder, name);
  const bytes = await readFile(file).catch(() => null);
  if (bytes !== null) return { name, bytes };
  const remedy = 'put all six files of the binary version there, or fetch them with `npx gradpool fetch cifar-10`';
  throw new Fault('E_DATA_UNAVAILABLE', `cifar-10: there is no ${file}; ${remedy}`, { exit: exitCode.config });
}

/** Whole or not at all; what is there under its digest is there already. */
async function layBy(file: string, bytes: Uint8Array): Promise<void> {
  const known = await stat(file).catch(() => null);
  if (known?.size === bytes.length) return;
  const aside = `${file}.${process.pid}`;
  await writeFile(aside, bytes);
  await rename(aside, file);
}
