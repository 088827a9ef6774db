import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { datasetDigest, knownDatasets, type DatasetFile, type DatasetManifest } from '@gradpool/experiment';
import type { Digest } from '@gradpool/protocol';
import { Fault } from '../fault.ts';

/** Where the files of a data set lie on this machine: under their SHA-256, or plain, or compressed under the same name with `.gz`. */
export interface DatasetSource {
  readonly manifest: DatasetManifest;
  readonly folder: string;
  /** What to do when a file is not there. */
  readonly remedy: string;
}

export interface ReadyFile {
  readonly path: string;
  readonly bytes: number;
}

/** Shorter files go out as they are, and so do those that packing shortens by less than a tenth, as photographs. */
const packedBytesMin = 65_536;
const packedShareMax = 0.9;

/** Names of the four files of MNIST and of everything that follows it. */
const idxNames: Readonly<Record<DatasetFile['role'], string>> = {
  'train-images': 'train-images-idx3-ubyte',
  'train-labels': 'train-labels-idx1-ubyte',
  'test-images': 't10k-images-idx3-ubyte',
  'test-labels': 't10k-labels-idx1-ubyte',
};

/** What to do about a data set that has no manifest before its files are here. */
const absentRemedies: ReadonlyMap<string, string> = new Map([
  [
    'cifar-10',
    'fetch it with `npx gradpool fetch cifar-10` and start again, or name the folder of its binary version by --cifar-dir',
  ],
]);

/** The data sets that this coordinator serves, by content. A file is checked at its first use and served from then on. */
export class DatasetCatalog {
  private sources: ReadonlyMap<string, DatasetSource> = new Map();
  private files: ReadonlyMap<string, { file: DatasetFile; source: DatasetSource }> = new Map();
  private readonly ready = new Map<string, Promise<ReadyFile>>();
  private readonly packing = new Map<string, Promise<ReadyFile | null>>();
  private readonly fixed: readonly DatasetSource[];
  private readonly cacheDir: string;
  private readonly readOwn: () => Promise<readonly DatasetSource[]>;

  /**
   * `cacheDir`: where compressed files are unpacked to, under their SHA-256. `readOwn`: the data sets that a user has added so far,
   * which `refresh` looks for.
   */
  constructor(
    sources: readonly DatasetSource[],
    cacheDir: string,
    readOwn: () => Promise<readonly DatasetSource[]> = () => Promise.resolve([]),
  ) {
    this.fixed = sources;
    this.cacheDir = cacheDir;
    this.readOwn = readOwn;
    this.serve([]);
  }

  /** Takes in what has been added since, so that nobody has to start again for it. */
  async refresh(): Promise<void> {
    this.serve(await this.readOwn());
  }

  /** Every data set that a sweep may name here, also those that are known everywhere and whose files are not here. */
  manifests(): DatasetManifest[] {
    const here = [...this.sources.values()].map(({ manifest }) => manifest);
    return [...knownDatasets.filter(({ name }) => here.every((own) => own.name !== name)), ...here];
  }

  private serve(own: readonly DatasetSource[]): void {
    const sources = [...this.fixed, ...own];
    this.sources = new Map(sources.map((source) => [datasetDigest(source.manifest), source]));
    this.files = new Map(
      sources.flatMap((source) => source.manifest.files.map((file) => [file.sha256, { file, source }] as const)),
    );
  }

  manifest(digest: string): DatasetManifest | null {
    return this.sources.get(digest)?.manifest ?? null;
  }

  byName(name: string): { digest: Digest; manifest: DatasetManifest } | null {
    for (const [digest, { manifest }] of this.sources) {
      if (manifest.name === name) return { digest: digest as Digest, manifest };
    }
    return null;
  }

  /** What to do about a data set that is not there. */
  remedy(name: string): string {
    const known = [...this.sources.values()].find(({ manifest }) => manifest.name === name);
    return (
      known?.remedy ??
      absentRemedies.get(name) ??
      `it serves ${[...this.sources.values()].map(({ manifest }) => manifest.name).join(', ')}`
    );
  }

  /**
   * The file of this SHA-256, its content checked once; null where no data set has such a file.
   * Rejects with a Fault: E_DATA_DIGEST, E_DATA_UNAVAILABLE.
   */
  async file(sha256: string): Promise<ReadyFile | null> {
    const known = await this.ready.get(sha256);
    if (known && (await exists(known.path))) return known;
    if (known) {
      // It went with a data set that was removed; another one may have the same file.
      this.ready.delete(sha256);
      await this.refresh();
    }
    const entry = this.files.get(sha256);
    if (!entry) return null;
    const checked = this.ready.get(sha256) ?? this.prepare(entry.file, entry.source);
    this.ready.set(sha256, checked);
    // A file that was wrong may be put right without a restart.
    checked.catch(() => this.ready.delete(sha256));
    return checked;
  }

  /**
   * A gzip copy of a file that `file` gave, made once for each data folder; null where it would not be much shorter. Takes some
   * seconds for MNIST, which then goes over the network in a fifth of its bytes.
   */
  packed(sha256: string, plain: ReadyFile): Promise<ReadyFile | null> {
    const known = this.packing.get(sha256);
    if (known) return known;
    const packed = this.pack(plain, path.join(this.cacheDir, `${sha256}.gz`));
    this.packing.set(sha256, packed);
    packed.catch(() => this.packing.delete(sha256));
    return packed;
  }

  /** Checks every file of a data set. Rejects as `file` does. */
  async check(digest: string): Promise<void> {
    for (const file of this.sources.get(digest)?.manifest.files ?? []) await this.file(file.sha256);
  }

  private async prepare(file: DatasetFile, source: DatasetSource): Promise<ReadyFile> {
    const named = path.join(source.folder, file.sha256);
    const plain = path.join(source.folder, idxNames[file.role]);
    const cached = path.join(this.cacheDir, file.sha256);
    if (await exists(named)) return checkFile(named, file);
    if (await exists(plain)) return checkFile(plain, file);
    if (await exists(cached)) return checkFile(cached, file);
    if (await exists(`${plain}.gz`)) return this.unpack(`${plain}.gz`, cached, file);
    throw new Fault('E_DATA_UNAVAILABLE', `${source.manifest.name}: there is no ${plain} (nor .gz); ${source.remedy}`, {
      status: 503,
    });
  }

  private async unpack(packed: string, cached: string, file: DatasetFile): Promise<ReadyFile> {
    let bytes = 0;
    await this.cache(cached, async (aside) => {
      await pipeline(createReadStream(packed), createGunzip(), createWriteStream(aside));
      bytes = (await checkFile(aside, file, packed)).bytes;
    });
    return { path: cached, bytes };
  }

  private async pack(plain: ReadyFile, cached: string): Promise<ReadyFile | null> {
    if (plain.bytes < packedBytesMin) return null;
    if (!(await exists(cached))) {
      await this.cache(cached, (aside) =>
        pipeline(createReadStream(plain.path), createGzip(), createWriteStream(aside)),
      );
    }
    const { size } = await stat(cached);
    return size < packedShareMax * plain.bytes ? { path: cached, bytes: size } : null;
  }

  /** A file of the cache appears whole or not at all. */
  private async cache(at: string, write: (aside: string) => Promise<void>): Promise<void> {
    await mkdir(this.cacheDir, { recursive: true });
    const aside = `${at}.${process.pid}`;
    try {
      await write(aside);
      await rename(aside, at);
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
  }
}

async function checkFile(at: string, file: DatasetFile, named = at): Promise<ReadyFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(at, { highWaterMark: 1_048_576 })) {
    hash.update(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
  }
  const seen = hash.digest('hex');
  if (seen === file.sha256) return { path: at, bytes };
  const message = `${named} has SHA-256 ${seen} (${bytes} bytes), wanted ${file.sha256} (${file.bytes} bytes); replace the file`;
  throw new Fault('E_DATA_DIGEST', message, { status: 503 });
}

const exists = async (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
