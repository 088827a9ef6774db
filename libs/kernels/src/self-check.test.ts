import { expect, test } from '@jest/globals';
import { openArena } from './arena.ts';
import { compileKernels, kernelsSha256 } from './kernels.ts';
import { arenaBytes, findWrongKernel, findWrongKernelOn } from './self-check.ts';

test('[K3] the compiled module passes its own check and has a digest', async () => {
  const module = await compileKernels();
  expect(findWrongKernel(module!)).toBeNull();
  expect(kernelsSha256).toMatch(/^[0-9a-f]{64}$/);
});

test('[K3] the check finds every kernel that does nothing', async () => {
  const module = await compileKernels();
  const { kernels } = openArena(module!, arenaBytes);
  // They compute nothing that a model sees: bytes of scratch space, and the loop of the benches.
  const others = new Set(['gemmScratchBytes', 'randomScratchBytes', 'multiplyAddLoop']);
  const names = Object.keys(kernels).filter((name) => !others.has(name));
  expect(names.length).toBeGreaterThan(30);
  const unnoticed = names.filter((name) => {
    const arena = openArena(module!, arenaBytes);
    const broken = { ...arena.kernels, [name]: () => 0 };
    return findWrongKernelOn({ ...arena, kernels: broken }) === null;
  });
  expect(unnoticed).toEqual([]);
});
