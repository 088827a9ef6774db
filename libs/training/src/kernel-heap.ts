import { kernelsOn, type KernelModule, type Kernels, type Memory } from '@gradpool/kernels';
import type * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** Our kernels at work on the wasm backend's own heap. */
export interface KernelHeap {
  readonly kernels: Kernels;
  /** Scratch space of the matrix product. */
  readonly scratch: number;
  /** Address of at least this many bytes, the same space every time; what it held may be gone. */
  readonly workspace: (bytes: number) => number;
}

/** What Emscripten's module has and its types leave out. */
interface WasmHeap {
  readonly asm: { readonly memory: Memory };
  readonly _malloc: (bytes: number) => number;
  readonly _free: (address: number) => void;
}

const alignment = 64;

export function openKernelHeap(module: KernelModule, backend: BackendWasm): KernelHeap {
  const { asm, _malloc, _free } = backend.wasm as unknown as WasmHeap;
  const kernels = kernelsOn(module, asm.memory);
  let [space, spaceBytes] = [0, 0];
  return {
    kernels,
    scratch: aligned(_malloc(kernels.gemmScratchBytes() + alignment)),
    workspace(bytes) {
      if (bytes > spaceBytes) {
        if (space !== 0) _free(space);
        [space, spaceBytes] = [_malloc(bytes + alignment), bytes];
      }
      return aligned(space);
    },
  };
}

/** Where the backend keeps a tensor's values. */
export function addressOf(backend: BackendWasm, { dataId }: tf.TensorInfo): number {
  return backend.dataIdMap.get(dataId).memoryOffset;
}

function aligned(address: number): number {
  return Math.ceil(address / alignment) * alignment;
}
