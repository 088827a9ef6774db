import type { BackendName } from '@gradpool/training';
import type { BackendWish, KnownBackend } from '../worker/messages.ts';

/** wasm first: its gradients are known to be right and check those of the graphics device. */
const all: readonly BackendName[] = ['wasm', 'webgpu', 'webgl', 'cpu'];
const withoutGpu: readonly BackendName[] = ['wasm', 'cpu'];

export interface BackendChoice {
  /** From `?backend=` of the page's address. */
  readonly asked: string | null;
  readonly remembered: KnownBackend | null;
  /** The graphics device failed since the page was opened. */
  readonly gpuFailed: boolean;
}

/** What the next Web Worker may open. A failed device is not tried again before the page is. */
export function backendWish({ asked, remembered, gpuFailed }: BackendChoice): BackendWish {
  const forced = all.find((name) => name === asked);
  if (gpuFailed) return { candidates: withoutGpu, remembered: null, forced: false };
  if (forced !== undefined) return { candidates: [forced], remembered: null, forced: true };
  return { candidates: all, remembered, forced: false };
}

export const isGpu = (backend: KnownBackend | null): boolean => backend?.name === 'webgpu' || backend?.name === 'webgl';

/** What was stored, where it still reads as such; measured by another browser version it says nothing. */
export function knownBackendIn(value: unknown, userAgent: string): KnownBackend | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, imagesPerSecond, flopsPerSecond, measuredBy } = value as Record<string, unknown>;
  const known = all.find((candidate) => candidate === name);
  if (known === undefined || measuredBy !== userAgent) return null;
  if (typeof imagesPerSecond !== 'number' || typeof flopsPerSecond !== 'number') return null;
  return { name: known, imagesPerSecond, flopsPerSecond };
}
