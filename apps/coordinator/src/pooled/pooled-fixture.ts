import { expect } from '@jest/globals';
import { mnistManifest, modelLayout, trialSpec } from '@gradpool/experiment';
import { wireLimits, type ArtifactRef, type MessageOf, type Work } from '@gradpool/protocol';
import { fixedPointBytes, gradientFractionBits } from '@gradpool/tensors';
import { tinySweep } from '../testing/sweeps.ts';
import type { TestClient } from '../testing/test-client.ts';
import type { TestCoordinator } from '../testing/test-coordinator.ts';
import { until } from '../testing/until.ts';

const { parameters } = tinySweep();
export const pooledSweep = {
  ...{ name: 'pooled', pooled: { mode: 'exact', micro_batch: 16, micro_batches: 4 } },
  parameters: { ...parameters, train_images: { value: 640 }, validation_images: { value: 0 }, epochs: { value: 3 } },
};

/** A gradient that fixed point holds without rounding. */
export const unit = 1 / 128;

export type Lease = MessageOf<'lease'> & { readonly work: Extract<Work, { kind: 'micro' }> };

export async function pull(client: TestClient): Promise<Lease> {
  client.send({ type: 'pull', want: 1 });
  const lease = await client.next('lease');
  if (lease.work.kind !== 'micro') throw new Error(`a lease of ${lease.work.kind}`);
  return lease as Lease;
}

export const sizeOf = ({ work }: Lease): number => modelLayout(trialSpec.parse(work.spec), mnistManifest.image).size;

/** The sum over a whole lease of micro-batches whose gradients hold this value everywhere; one whole number apart for each `salt`. */
export function sumOf(lease: Lease, value: number, salt = 0): Float64Array {
  const { from, to } = lease.work;
  const sum = new Float64Array(sizeOf(lease)).fill((to - from) * value * 2 ** gradientFractionBits);
  sum[0] = sum[0]! + salt;
  return sum;
}

/** What an honest worker computes: each micro-batch has a gradient of its own, the same whoever sums it. */
export function honestSum(lease: Lease): Float64Array {
  const { round, from, to } = lease.work;
  let units = 0;
  for (let index = from; index < to; index += 1) units += 1 + ((7 * round + 3 * index) % 5);
  return sumOf(lease, (unit * units) / (to - from)).map((value, i) => (i % 2 === 0 ? value : -value));
}

/** Answers one lease after the other until the client is closed, which rejects; `workMs`: how long each takes it at the moment. */
export async function helpHonestly(room: TestCoordinator, client: TestClient, workMs = () => 0): Promise<never> {
  for (;;) {
    const lease = await pull(client);
    if (workMs() > 0) await new Promise((resolve) => setTimeout(resolve, workMs()));
    await answer(room, client, lease, honestSum(lease));
    await client.next('settled');
  }
}

/** The digest of the weights with which the room's only trial ends. */
export async function trainedWeights(room: TestCoordinator): Promise<string> {
  const row = () => [...room.room.state.trials.values()][0]!.row;
  await until(() => row().weights !== null);
  expect(row()).toMatchObject({ state: 'verifying', errors: 0 });
  return row().weights!.sha256;
}

/** Brings the sum of a lease to the coordinator; `round`: the one that the answer names. */
export async function answer(
  room: TestCoordinator,
  client: TestClient,
  lease: Lease,
  sum: Float64Array,
  round = lease.work.round,
): Promise<void> {
  say(client, lease, (await room.putArtifact(fixedPointBytes(sum))) as ArtifactRef, round);
}

/** Sends bytes ahead of the result, as workers do. */
export function sendVector(
  client: TestClient,
  { lease }: Pick<Lease, 'lease'>,
  vector: Uint8Array,
  total = vector.length,
): void {
  const { vectorPartBytesMax } = wireLimits;
  for (let offset = 0; offset < vector.length; offset += vectorPartBytesMax) {
    const bytes = vector.subarray(offset, offset + vectorPartBytesMax);
    client.send({ type: 'vector', lease, total, offset, bytes });
  }
}

export function say(client: TestClient, { lease, work }: Lease, sum: ArtifactRef | null, round = work.round): void {
  const images = 16 * (work.to - work.from);
  client.send({ type: 'result', lease, outcome: { kind: 'micro', round, sum, loss: 0.1, images, durationMs: 1 } });
}

/** How often something was refused with this code, as the coordinator counts it. */
export async function refusals(room: TestCoordinator, code: string): Promise<number> {
  const text = await (await room.request('/metrics', { role: 'viewer' })).text();
  return Number(new RegExp(`^gradpool_refusals_total\\{code="${code}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
}
