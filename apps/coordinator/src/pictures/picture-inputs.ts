import { readFile } from 'node:fs/promises';
import { imageSize, readIdx, sampleImages, samplePictures, type SamplePictures } from '@gradpool/experiment';
import type { DatasetCatalog } from '../datasets/dataset-catalog.ts';
import { Fault } from '../fault.ts';

/** What the models are shown: the first test images, clean and noisy, the same for all trials of a noise factor. */
export class PictureInputs {
  private readonly catalog: DatasetCatalog;
  /** By data set: the images shown, as bytes. */
  private readonly testImages = new Map<string, Promise<Uint8Array>>();

  constructor(catalog: DatasetCatalog) {
    this.catalog = catalog;
  }

  /** Rejects with a Fault: E_NOT_FOUND, E_DATA_UNAVAILABLE, E_DATA_DIGEST. */
  async of(digest: string, noise: number) {
    const manifest = this.catalog.manifest(digest);
    if (!manifest) throw new Fault('E_NOT_FOUND', `there is no data set ${digest}`, { status: 404 });
    const { image, test } = manifest;
    const pixels = imageSize(image);
    const testImages = await this.imagesOf(digest);
    const inputs: SamplePictures = samplePictures({ testImages, count: test.images, pixels, digest, noise });
    return { images: sampleImages(test.images), image, inputs };
  }

  private imagesOf(digest: string): Promise<Uint8Array> {
    const known = this.testImages.get(digest) ?? this.read(digest);
    this.testImages.set(digest, known);
    // A file that was wrong may be put right without a restart.
    known.catch(() => this.testImages.delete(digest));
    return known;
  }

  private async read(digest: string): Promise<Uint8Array> {
    const manifest = this.catalog.manifest(digest);
    const entry = manifest?.files.find(({ role }) => role === 'test-images');
    const file = entry && (await this.catalog.file(entry.sha256));
    if (!manifest || !file) throw new Fault('E_DATA_UNAVAILABLE', `the data set ${digest} has no test images`);
    const { data } = readIdx(await readFile(file.path));
    // Copied, so that the whole file does not stay in memory for a few images.
    return data.slice(0, sampleImages(manifest.test.images) * imageSize(manifest.image));
  }
}
