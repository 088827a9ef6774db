export { openArena, type Arena } from './arena.ts';
export { activationKinds, compileKernels, kernelsOn, kernelsSha256, type Kernels } from './kernels.ts';
export { codecBytes, placeCodec } from './codec.ts';
export { takeStep } from './optimizer.ts';
export { findWrongKernel } from './self-check.ts';
export type { KernelModule, Memory } from './webassembly.ts';
