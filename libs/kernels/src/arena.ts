import { kernelsOn, type Kernels } from './kernels.ts';
import { webAssembly, type KernelModule } from './webassembly.ts';

const pageBytes = 65_536;
/** Keeps address 0 free, so that no vector has the address that looks like none. */
const firstAddress = 64;
/** A line of the processor's cache. */
const alignment = 64;

/** A memory of fixed size with kernels on it: vectors are handed out front to back and never freed one by one. */
export interface Arena {
  readonly kernels: Kernels;
  /** Reserves bytes, aligned to 64 and zero after `reset`. Throws RangeError when the arena is full. */
  readonly allocate: (bytes: number) => number;
  /** A view of `size` float32 values. It stays valid: the memory never grows. */
  readonly floats: (address: number, size: number) => Float32Array<ArrayBuffer>;
  /** The same for float64. */
  readonly doubles: (address: number, size: number) => Float64Array<ArrayBuffer>;
  /** The same for bytes. */
  readonly octets: (address: number, size: number) => Uint8Array<ArrayBuffer>;
  readonly bytes: number;
  /** Forgets every allocation; what used them must not be used again. */
  readonly reset: () => void;
}

/** An arena that holds at least `bytes`, alignment included. Throws RangeError where the engine has no such memory. */
export function openArena(module: KernelModule, bytes: number): Arena {
  const pages = Math.ceil((bytes + firstAddress) / pageBytes);
  const memory = new webAssembly.Memory({ initial: pages, maximum: pages });
  const buffer = memory.buffer as ArrayBuffer;
  let next = firstAddress;
  return {
    kernels: kernelsOn(module, memory),
    bytes: buffer.byteLength - firstAddress,
    allocate(wanted) {
      const address = next;
      next += Math.ceil(wanted / alignment) * alignment;
      if (next > buffer.byteLength) {
        throw new RangeError(
          `The arena of ${buffer.byteLength} bytes is full: ${wanted} more at ${address}; open a larger one`,
        );
      }
      return address;
    },
    floats: (address, size) => new Float32Array(buffer, address, size),
    doubles: (address, size) => new Float64Array(buffer, address, size),
    octets: (address, size) => new Uint8Array(buffer, address, size),
    reset() {
      new Uint8Array(buffer).fill(0);
      next = firstAddress;
    },
  };
}
