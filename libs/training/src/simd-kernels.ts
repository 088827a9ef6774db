import { compileKernels, findWrongKernel, kernelsSha256, type KernelModule } from '@gradpool/kernels';

/** Our SIMD kernels where they work, or why they don't. */
export type SimdKernels =
  { readonly module: KernelModule; readonly name: string } | { readonly module: null; readonly reason: string };

/** Compiles the kernels and checks them against known values. Never rejects: without them the composed kernels work. */
export async function loadSimdKernels(): Promise<SimdKernels> {
  try {
    const module = await compileKernels();
    if (!module) return { module: null, reason: 'this engine has no WebAssembly SIMD' };
    const wrong = findWrongKernel(module);
    if (wrong !== null) return { module: null, reason: `a kernel differs from its known values (${wrong})` };
    return { module, name: `plan-${kernelsSha256.slice(0, 8)}` };
  } catch (error) {
    return { module: null, reason: error instanceof Error ? error.message : String(error) };
  }
}
