import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { openDesk, VectorThreads, type DeskSource, type VectorDesk } from '@gradpool/coordinator/pooled';
import { mnistManifest, modelLayout, trialSpec } from '@gradpool/experiment';
import type { KernelModule } from '@gradpool/kernels';
import { wireLimits } from '@gradpool/protocol';
import { fixedPointBytes } from '@gradpool/tensors';
import { median } from './statistics.ts';

const rounds = 9;
const sumsPerRound = 8;

interface Holds {
  readonly parameters: number;
  /** Median over the rounds of the longest time in each in which the event loop stood still. */
  readonly inPlaceMs: number;
  readonly inThreadMs: number;
}

/** What rounds of exact mode with Adam do to the event loop, each with 8 sums and a checkpoint. `hidden`: sizes of the encoder's layers. */
export async function loopHolds(hidden: readonly number[], kernels: KernelModule | null): Promise<Holds> {
  const pooled = { mode: 'exact', micro_batch: 32, micro_batches: 16 } as const;
  const shape = { latent: 32, hidden, seed: 1, epochs: 1, validation_images: 0, batch_size: 512 };
  const spec = trialSpec.parse({ ...shape, pooled });
  const source: DeskSource = { spec, pooled, manifest: mnistManifest, checkpoint: null };
  const { size } = modelLayout(spec, mnistManifest.image);
  const input = { sum: madeUpSum(size), isLarge: 4 * size > wireLimits.vectorBytesMax };
  const inPlaceMs = await longestHold(openDesk(source, kernels), input);
  const threads = new VectorThreads();
  const died = (fault: Error): never => {
    throw fault;
  };
  const inThreadMs = await longestHold(await threads.open(source, { simd: kernels !== null, died }), input);
  await threads.close();
  return { parameters: size, inPlaceMs, inThreadMs };
}

interface Input {
  readonly sum: Uint8Array;
  /** Whether parameters travel over HTTP. */
  readonly isLarge: boolean;
}

/** Packed to three bytes a value, as sums of real gradients mostly are; in memory that threads read in place. */
function madeUpSum(size: number): Uint8Array {
  const packed = fixedPointBytes(
    Float64Array.from({ length: size }, (_, i) => (i % 2 ? 1 : -1) * (2 ** 20 + (i % 997))),
  );
  const shared = new Uint8Array(new SharedArrayBuffer(packed.length));
  shared.set(packed);
  return shared;
}

async function longestHold(desk: VectorDesk, input: Input): Promise<number> {
  const longest: number[] = [];
  let stored: Uint8Array | undefined;
  for (let round = 0; round <= rounds; round += 1) {
    const probe = startProbe();
    stored = await takeRound(desk, input, stored);
    longest.push(await probe.end());
  }
  // The first one is cold.
  return median(longest.slice(1));
}

/** Returns the checkpoint, which the next one is written over. */
async function takeRound(
  desk: VectorDesk,
  { sum, isLarge }: Input,
  stored: Uint8Array | undefined,
): Promise<Uint8Array> {
  const sums = Array.from({ length: sumsPerRound }, () => sum);
  for (const each of sums) {
    await desk.norm(each, 2);
    await nextTurn();
  }
  // One after the other with nothing in between, as an order of the core is carried out.
  await desk.takeSums(sums);
  const { bytes } = await desk.checkpoint(stored);
  await desk.show({ change: false, digests: true, lasting: isLarge, full: false });
  await nextTurn();
  return bytes;
}

/** How late a timer of a millisecond came at most: it sleeps between two turns, so that other processes are not put before it. */
function startProbe() {
  const probe = { longest: 0, on: true };
  const turns = (async (): Promise<void> => {
    for (let before = performance.now(); probe.on;) {
      await pause(1);
      const now = performance.now();
      probe.longest = Math.max(probe.longest, now - before - 1);
      before = now;
    }
  })();
  return {
    end: async (): Promise<number> => {
      probe.on = false;
      await turns;
      return probe.longest;
    },
  };
}
