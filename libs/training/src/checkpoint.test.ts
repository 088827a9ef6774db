import { describe, expect, test } from '@jest/globals';
import { trialSpec } from '@gradpool/experiment';
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from './checkpoint.ts';

const identity = { spec: trialSpec.parse({ latent: 2, seed: 1 }), digest: 'd'.repeat(64) };
const state: TrainingState = {
  parameters: Float32Array.of(1, -2.5, 1e-42),
  memory: [Float32Array.of(0.1, 0.2, 0.3), Float32Array.of(4, 5, 6)],
  step: 7,
  epochLoss: 0.1 + 0.2,
  epochImages: 896,
  best: null,
};

test('[C1] what was encoded comes back bit by bit, from an unaligned view too', () => {
  const bytes = encodeCheckpoint(state, identity);
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  expect(decodeCheckpoint(bytes, identity, 3)).toEqual(state);
  expect(decodeCheckpoint(shifted.subarray(1), identity, 3)).toEqual(state);
});

test.each([
  ['momentum', { optimizer: 'sgd' }, 1],
  ['plain SGD', { optimizer: 'sgd', momentum: 0 }, 0],
] as const)('[C1] %s keeps its own vectors', (_, optimizer, vectors) => {
  const own = { ...identity, spec: trialSpec.parse({ ...identity.spec, ...optimizer }) };
  const kept = { ...state, memory: state.memory.slice(0, vectors) };
  expect(decodeCheckpoint(encodeCheckpoint(kept, own), own, 3)).toEqual(kept);
});

test('[C1] the best epoch comes along, and its weights where the trial may end with them', () => {
  const parameters = Float32Array.of(7, 8, 9);
  const best = { epoch: 3, validationMse: 0.1 + 0.2, parameters: null };
  expect(decodeCheckpoint(encodeCheckpoint({ ...state, best }, identity), identity, 3).best).toEqual(best);
  const keeping = { ...identity, spec: { ...identity.spec, final_weights: 'best' as const } };
  const kept = { ...state, best: { ...best, parameters } };
  expect(decodeCheckpoint(encodeCheckpoint(kept, keeping), keeping, 3)).toEqual(kept);
  expect(decodeCheckpoint(encodeCheckpoint(state, keeping), keeping, 3)).toEqual(state);
});

describe('[C1] E_CHECKPOINT_INVALID', () => {
  const bytes = encodeCheckpoint(state, identity);
  const broken: [string, Uint8Array][] = [
    ['no bytes', new Uint8Array(0)],
    ['another file', new TextEncoder().encode('PK and so on, long enough')],
    ['a cut end', bytes.subarray(0, bytes.length - 1)],
    ['a cut header', bytes.subarray(0, 20)],
    ['more at the end', new Uint8Array([...bytes, 0])],
    ['a header of rubbish', bytes.map((byte, i) => (i === 8 ? 0xff : byte))],
  ];
  test.each(broken)('%s', (_, blob) => {
    expect(() => decodeCheckpoint(blob, identity, 3)).toThrow(
      expect.objectContaining({ code: 'E_CHECKPOINT_INVALID' }),
    );
  });

  test('another trial, another data set, another size', () => {
    const invalid = expect.objectContaining({ code: 'E_CHECKPOINT_INVALID' }) as unknown as Error;
    expect(() => decodeCheckpoint(bytes, { ...identity, spec: { ...identity.spec, seed: 2 } }, 3)).toThrow(invalid);
    expect(() => decodeCheckpoint(bytes, { ...identity, digest: 'e'.repeat(64) }, 3)).toThrow(invalid);
    expect(() => decodeCheckpoint(bytes, identity, 4)).toThrow(invalid);
  });
});
