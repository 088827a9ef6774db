import { expect, test } from '@jest/globals';
import { openBackend, startBackend } from './backend.ts';
import { numericFingerprint } from './numeric-fingerprint.ts';
import { checkGradients, findOtherGradient, findWrongGradient } from './gradient-check.ts';

test('[B1] a tfjs-node that fails in any way is passed over, and the report says why', async () => {
  const broken = [
    () => Promise.reject(new Error('The specified module could not be found')),
    () => Promise.resolve('tfjs-node without a backend'),
    () => {
      throw new TypeError('isNullOrUndefined is not a function\nand a stack');
    },
  ];
  for (const loadTfjsNode of broken) {
    const backend = await openBackend({ candidates: ['tensorflow', 'wasm'], loadTfjsNode });
    expect(backend.name).toBe('wasm');
    expect(backend.numericClass).toMatch(/^wasm-simd\/tfjs-[\d.]+\/plan-[0-9a-f]{8}\/[0-9a-f]{8}$/);
    expect(backend.report[0]).toMatch(/^tensorflow: passed over, ./);
    expect(backend.imagesPerSecond).toBeGreaterThan(0);
    expect(backend.flopsPerSecond).toBeGreaterThan(backend.imagesPerSecond);
  }
});

test('[B4] the fingerprint is the same each time and tells backends apart', async () => {
  await startBackend('wasm');
  const wasm = await numericFingerprint();
  expect(await numericFingerprint()).toBe(wasm);
  await startBackend('cpu');
  expect(await numericFingerprint()).not.toBe(wasm);
});

test('[B1] E_BACKEND_NONE: no candidate can train', async () => {
  await expect(openBackend({ candidates: ['tensorflow'] })).rejects.toMatchObject({
    code: 'E_BACKEND_NONE',
    message: expect.stringContaining('not offered on this platform') as unknown,
  });
});

test('[B1] a remembered backend is checked and not measured, a broken one is chosen anew', async () => {
  const remembered = { name: 'wasm', imagesPerSecond: 1, flopsPerSecond: 2 } as const;
  expect(await openBackend({ remembered })).toMatchObject(remembered);
  const anew = await openBackend({ candidates: ['wasm'], remembered: { ...remembered, name: 'webgpu' } });
  expect(anew.name).toBe('wasm');
  expect(anew.imagesPerSecond).toBeGreaterThan(1);
  expect(anew.report[0]).toMatch(/^webgpu: no longer taken, not offered/);
});

test('[B1] known gradients find a backend that computes others', async () => {
  await startBackend('wasm');
  const known = await checkGradients();
  expect(await findOtherGradient(known)).toBeNull();
  const wrong = known.map((gradient) => gradient.map((value, i) => (i === 3 ? value + 1 : value)));
  expect(await findOtherGradient(wrong)).toMatch(/^mlp .*away from the known one$/);
  expect(await findOtherGradient(known.map((gradient) => gradient.map(() => NaN)))).not.toBeNull();
});

test('[B3] starting wasm leaves the process its own handling of errors', async () => {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listenerCount(event));
  await startBackend('wasm');
  expect(events.map((event) => process.listenerCount(event))).toEqual(before);
});

test.each(['wasm', 'cpu'] as const)('[B1] the gradient check passes on %s', async (name) => {
  await startBackend(name);
  expect(await findWrongGradient()).toBeNull();
});
