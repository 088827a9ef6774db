import { describe, expect, test } from '@jest/globals';
import { backendWish, knownBackendIn } from './backend-choice.ts';
import { deviceMemory } from './device-memory.ts';
import { missingFeature } from './missing-feature.ts';
import { reloadsNow } from './upgrade.ts';

const wasm = { name: 'wasm', imagesPerSecond: 5_000, flopsPerSecond: 1e10 } as const;
const identity = { workerId: 'w', secret: 's' };

function fakeStorage() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  };
}

describe('what a device remembers', () => {
  test('outlives the page, each tab for itself', () => {
    const storage = fakeStorage();
    const before = deviceMemory(() => storage);
    before.keepWorker(0, { name: 'Ada', identity });
    before.keepWorker(1, { name: 'Bob', identity: null });
    before.keepShare(0.5);
    before.keepBackend(wasm, 'agent 1');
    const after = deviceMemory(() => storage);
    expect(after.worker(0)).toEqual({ name: 'Ada', identity });
    expect(after.worker(1)).toEqual({ name: 'Bob', identity: null });
    expect(after.worker(2)).toBeNull();
    expect(after.share()).toBe(0.5);
    expect(after.backend('agent 1')).toEqual(wasm);
    expect(after.backend('agent 2')).toBeNull();
    expect(after.lasts()).toBe(true);
  });

  test.each([
    [
      'forbidden',
      () => {
        throw new DOMException('denied', 'SecurityError');
      },
    ],
    ['missing', () => null],
    [
      'full',
      () => ({
        ...fakeStorage(),
        setItem: () => {
          throw new DOMException('full', 'QuotaExceededError');
        },
      }),
    ],
  ])('lasts as long as the page where storage is %s', (_, storage) => {
    const memory = deviceMemory(storage);
    memory.keepWorker(0, { name: 'Ada', identity });
    expect(memory.worker(0)).toEqual({ name: 'Ada', identity });
    expect(memory.lasts()).toBe(false);
  });

  test.each(['{', '7', '{"name":7}', '{"name":"Ada","identity":{"workerId":1}}'])('does not trust %s', (text) => {
    const memory = deviceMemory(() => ({ ...fakeStorage(), getItem: () => text }));
    expect(memory.worker(0)?.identity ?? null).toBeNull();
    expect(memory.share()).toBe(1);
    expect(memory.backend('agent')).toBeNull();
  });
});

describe('the choice of a backend', () => {
  const remembered = { ...wasm, name: 'webgpu' } as const;

  test('all are tried at first, the remembered one later', () => {
    const first = backendWish({ asked: null, remembered: null, gpuFailed: false });
    expect(first).toEqual({ candidates: ['wasm', 'webgpu', 'webgl', 'cpu'], remembered: null, forced: false });
    expect(backendWish({ asked: null, remembered, gpuFailed: false }).remembered).toEqual(remembered);
  });

  test('one asked for in the address is the only one', () => {
    const wish = backendWish({ asked: 'webgl', remembered, gpuFailed: false });
    expect(wish).toEqual({ candidates: ['webgl'], remembered: null, forced: true });
    expect(backendWish({ asked: 'abacus', remembered: null, gpuFailed: false }).forced).toBe(false);
  });

  test('a graphics device that failed is not tried again', () => {
    const wish = backendWish({ asked: 'webgl', remembered, gpuFailed: true });
    expect(wish).toEqual({ candidates: ['wasm', 'cpu'], remembered: null, forced: false });
  });

  test('a name that this build does not know is forgotten', () => {
    expect(knownBackendIn({ ...wasm, name: 'abacus', measuredBy: 'a' }, 'a')).toBeNull();
  });
});

describe('after an upgrade of the coordinator', () => {
  const upgrade = { version: '0.2.0', idleForMs: () => 30_000, hidden: () => false };

  test('an idle or hidden page reloads, once for each version', () => {
    const storage = fakeStorage();
    expect(reloadsNow({ ...upgrade, storage, idleForMs: () => 1_000 })).toBe(false);
    expect(reloadsNow({ ...upgrade, storage })).toBe(true);
    expect(reloadsNow({ ...upgrade, storage })).toBe(false);
    expect(reloadsNow({ ...upgrade, storage, version: '0.3.0', idleForMs: () => 0, hidden: () => true })).toBe(true);
  });

  test('a page that cannot remember having reloaded does not', () => {
    const storage = {
      ...fakeStorage(),
      setItem: () => {
        throw new Error('full');
      },
    };
    expect(reloadsNow({ ...upgrade, storage })).toBe(false);
  });
});

test('what an old browser lacks is named', () => {
  expect(missingFeature({})).toBe('WebAssembly');
  const all = { WebAssembly, Worker: {}, WebSocket: {}, BigInt64Array };
  expect(missingFeature({ ...all, AbortSignal: {} })).toBe('AbortSignal.any');
  expect(missingFeature({ ...all, AbortSignal })).toBeNull();
});
