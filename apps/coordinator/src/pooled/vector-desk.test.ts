import { afterEach, describe, expect, test } from '@jest/globals';
import { mnistManifest, modelLayout, trialSpec, type PooledSpec } from '@gradpool/experiment';
import { compileKernels } from '@gradpool/kernels';
import { codecs, fillNormals, fixedPointBytes, gradientFractionBits } from '@gradpool/tensors';
import type { Fault } from '../fault.ts';
import { digestOf } from '../testing/weights.ts';
import { catchWorkers, caughtWorkers } from '../testing/caught-workers.ts';
import { openDesk, type DeskSource, type VectorDesk } from './vector-desk.ts';

catchWorkers();
const { askNorm, VectorThreads } = await import('./vector-threads.ts');

const threads = new Set<InstanceType<typeof VectorThreads>>();
afterEach(async () => {
  for (const each of threads) await each.close();
  threads.clear();
});

const exact = { mode: 'exact', micro_batch: 16, micro_batches: 4 } as const;
const local = { mode: 'local', batch: 16, steps: 4, codec: 'int4', staleness: 2, aggregate: 'mean' } as const;

function sourceOf(pooled: PooledSpec, checkpoint: Uint8Array | null = null): DeskSource {
  const shape = { latent: 2, hidden: [4], seed: 1, epochs: 20, train_images: 640, validation_images: 0 };
  const spec = trialSpec.parse({ ...shape, batch_size: 64, pooled });
  return { spec, pooled, manifest: mnistManifest, checkpoint };
}

interface InThread {
  readonly simd?: boolean;
  readonly died?: (fault: Fault) => void;
}

function openThread(source: DeskSource, { simd = true, died = unexpected }: InThread = {}): Promise<VectorDesk> {
  const own = new VectorThreads();
  threads.add(own);
  return own.open(source, { simd, died });
}

function unexpected(fault: Fault): never {
  throw fault;
}

const { spec, manifest } = sourceOf(exact);
const { size } = modelLayout(spec, manifest.image);

function normals(stream: number): Float32Array {
  const values = new Float32Array(size);
  fillNormals(values, { seed: 9, stream }, 0);
  return values;
}

const sumBytes = (stream: number): Uint8Array =>
  fixedPointBytes(Float64Array.from(normals(stream), (value) => Math.round(value * 2 ** gradientFractionBits * 0.01)));

/** In memory that the thread reads in place. */
function shared(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(new SharedArrayBuffer(bytes.length));
  out.set(bytes);
  return out;
}

const all = { change: true, digests: true, lasting: true, full: true };

/** Everything that a desk says of two rounds; of bytes their digest. */
async function twoRounds(desk: VectorDesk, mode: PooledSpec['mode']): Promise<unknown> {
  const said: unknown[] = [];
  const note = (what: unknown): void => void said.push(digested(what));
  note(desk.opened);
  note(await desk.show({ ...all, change: false }));
  for (const round of [0, 1]) {
    const vectors = [4 * round, 4 * round + 1].map((stream) =>
      mode === 'exact' ? sumBytes(stream) : shared(codecs.int4.encode(normals(stream), { seed: 3, stream })),
    );
    for (const bytes of vectors) note(await desk.norm(bytes, 2));
    const changes = vectors.map((bytes, lane) => ({ bytes, images: 16 * (lane + 1) }));
    note(mode === 'exact' ? await desk.takeSums(vectors) : await desk.takeChanges(changes, 0.5));
    for (const lasting of [true, false]) note(await desk.show({ ...all, lasting }));
    note(await desk.checkpoint());
  }
  return said;
}

function digested(value: unknown): unknown {
  if (value instanceof Uint8Array) return digestOf(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, digested(part)]));
}

describe('[P10] the vectors of a run', () => {
  test.each([
    { pooled: exact, simd: true },
    { pooled: exact, simd: false },
    { pooled: local, simd: true },
    { pooled: local, simd: false },
  ])('have the same bits in a thread as in place, also from a checkpoint: %j', async ({ pooled, simd }) => {
    const kernels = simd ? await compileKernels() : null;
    expect(kernels !== null).toBe(simd);
    const here = openDesk(sourceOf(pooled), kernels);
    const there = await openThread(sourceOf(pooled), { simd });
    expect(await twoRounds(there, pooled.mode)).toEqual(await twoRounds(here, pooled.mode));
    const { bytes } = here.checkpoint();
    const resumed = await openThread(sourceOf(pooled, shared(bytes)), { simd });
    expect(resumed.opened).toEqual({ ...here.opened, round: 2, images: pooled.mode === 'local' ? 96 : 0 });
    expect(await twoRounds(resumed, pooled.mode)).toEqual(
      await twoRounds(openDesk(sourceOf(pooled, bytes), kernels), pooled.mode),
    );
  });

  test('in place are shown at once, as a view unless they must last', () => {
    const desk = openDesk(sourceOf(exact), null);
    const wanted = { change: false, digests: false, full: false };
    const [view, copy] = [desk.show({ ...wanted, lasting: false }), desk.show({ ...wanted, lasting: true })];
    const before = digestOf(copy.parameters.bytes);
    expect(view.parameters.sha256).toBeNull();
    expect(digestOf(view.parameters.bytes)).toBe(before);
    desk.takeSums([sumBytes(1)]);
    expect(digestOf(view.parameters.bytes)).not.toBe(before);
    expect(digestOf(copy.parameters.bytes)).toBe(before);
  });

  test('refuse in either place what is no sum, and go on', async () => {
    const odd = sumBytes(1);
    const value = new Float64Array(size).fill(2 ** 60);
    for (const desk of [openDesk(sourceOf(exact), null), await openThread(sourceOf(exact), { simd: false })]) {
      expect(await desk.norm(fixedPointBytes(value), 2)).toBeNull();
      const asked = async (): Promise<unknown> => desk.norm(odd.subarray(1), 2);
      await expect(asked()).rejects.toMatchObject({ message: expect.stringMatching(/no fixed-point vector/) });
      expect(await desk.norm(odd, 2)).toBeGreaterThan(0);
    }
  });
});

describe('[P10] a thread', () => {
  test('that does not open says why, and is gone', async () => {
    const own = new VectorThreads();
    threads.add(own);
    const wrong = { ...sourceOf(exact), spec: { ...spec, hidden: null } } as unknown as DeskSource;
    await expect(own.open(wrong, { simd: true, died: unexpected })).rejects.toMatchObject({ code: 'E_INTERNAL' });
    expect(own.size).toBe(0);
  });

  test('that dies rejects all that waits and all that comes, and says so once, before', async () => {
    const order: string[] = [];
    const own = new VectorThreads();
    threads.add(own);
    const desk = await own.open(sourceOf(exact), { simd: true, died: ({ code }) => void order.push(code) });
    void caughtWorkers.at(-1)!.terminate();
    const waiting = [desk.norm(sumBytes(1), 2), desk.checkpoint()].map(async (asked) => {
      await Promise.resolve(asked).catch(({ code }: Fault) => order.push(`waiting ${code}`));
    });
    await Promise.all(waiting);
    expect(order).toEqual(['E_VECTOR_THREAD', 'waiting E_VECTOR_THREAD', 'waiting E_VECTOR_THREAD']);
    await expect(Promise.resolve(desk.checkpoint())).rejects.toMatchObject({ code: 'E_VECTOR_THREAD' });
    expect(await askNorm(desk, sumBytes(1), 2)).toBeUndefined();
    expect(own.size).toBe(0);
  });

  test('that is closed rejects what waits, and others go on', async () => {
    const own = new VectorThreads();
    threads.add(own);
    const open = (): Promise<VectorDesk> => own.open(sourceOf(exact), { simd: true, died: unexpected });
    const [one, other] = [await open(), await open()];
    expect(own.size).toBe(2);
    const waiting = askNorm(one, sumBytes(1), 2);
    one.close();
    expect(await waiting).toBeUndefined();
    expect(await other.norm(sumBytes(1), 2)).toBeGreaterThan(0);
    expect(own.size).toBe(1);
    const [late, opening] = [other.checkpoint(), open()];
    await Promise.all([
      own.close(),
      expect(Promise.resolve(late)).rejects.toMatchObject({ code: 'E_CLOSING' }),
      expect(opening).rejects.toMatchObject({ code: 'E_CLOSING' }),
    ]);
    expect(own.size).toBe(0);
    await expect(open()).rejects.toMatchObject({ code: 'E_CLOSING' });
  });
});
