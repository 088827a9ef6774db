/** A graphics backend as it was opened. */
export interface OpenedGpu {
  /** What its numeric class starts with: backend, version, device. */
  readonly path: string;
  /** Computed by the processor after all, and so slower than wasm. */
  readonly software: boolean;
}

/** Backends with a memory of their own, which is read by promises only. */
export const isGpu = (name: string): name is 'webgl' | 'webgpu' => name === 'webgl' || name === 'webgpu';

/** Loads (in browsers, downloads) and starts a graphics backend. */
export async function openGpu(name: 'webgl' | 'webgpu'): Promise<OpenedGpu> {
  if (name === 'webgl') return (await import('./webgl-backend.ts')).openWebgl();
  return (await import('./webgpu-backend.ts')).openWebgpu();
}
