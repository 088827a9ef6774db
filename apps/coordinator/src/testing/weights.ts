import { createHash } from 'node:crypto';
import { mnistManifest, modelLayout, trialSpec } from '@gradpool/experiment';
import type { ArtifactRef, SpecJson } from '@gradpool/protocol';

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Zero weights of the right length for a trial's spec. */
export function weightsFor(spec: SpecJson, fill = 0): Uint8Array {
  const layout = modelLayout(trialSpec.parse(spec), mnistManifest.image);
  return new Uint8Array(new Float32Array(layout.size).fill(fill).buffer);
}

export const trainOutcome = (weights: { sha256: string; bytes: number }, score = 0.05) => ({
  kind: 'train' as const,
  score,
  validationMse: null,
  weights: weights as ArtifactRef,
  segments: [{ worker: 'test worker', fromEpoch: 0, toEpoch: 1, numericClass: 'test' }],
  images: 1,
  durationMs: 1,
});
