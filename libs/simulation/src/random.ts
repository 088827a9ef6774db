import { fillUniforms, streamOf } from '@gradpool/tensors';

/** A seeded source of choices: the same seed and names give the same run, on every machine. */
export interface Random {
  /** In [0, 1). */
  readonly next: () => number;
  /** A whole number from 0 to n - 1. */
  readonly below: (n: number) => number;
  readonly between: (low: number, high: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
  /** A normal variate, good enough for speeds. */
  readonly normal: () => number;
}

const chunk = 256;

export function createRandom(seed: number, ...names: readonly (string | number)[]): Random {
  const key = { seed: seed >>> 0, stream: streamOf('simulation', ...names) };
  const drawn = new Float32Array(chunk);
  let used = chunk;
  let counter = 0;
  const next = (): number => {
    if (used === chunk) {
      fillUniforms(drawn, key, counter);
      counter += chunk;
      used = 0;
    }
    used += 1;
    return drawn[used - 1] ?? 0;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    pick: <T>(list: readonly T[]): T => {
      if (list.length === 0) throw new Error('nothing to pick from');
      return list[below(list.length)] as T;
    },
    normal: () => {
      let sum = -6;
      for (let draw = 0; draw < 12; draw += 1) sum += next();
      return sum;
    },
  };
}
