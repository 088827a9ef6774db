import type { Arena } from '@gradpool/kernels';
import { normalTables } from '@gradpool/tensors';
import type { ImageBuffers } from './image-buffers.ts';

/** At least what the tables and the scratch space of `planNoise` take. */
export const noiseBytes = 1 << 14;

/** The noise of libs/experiment, bit for bit, between two vectors of the arena. */
export function planNoise(arena: Arena, clean: number, noisy: number): ImageBuffers['addNoise'] {
  const { kernels, allocate, doubles, floats } = arena;
  const tables = allocate(8 * normalTables.length);
  doubles(tables, normalTables.length).set(normalTables);
  const scratch = allocate(kernels.randomScratchBytes());
  return (values, { factor, key, position }) => {
    if (factor === 0) floats(noisy, values).set(floats(clean, values));
    else kernels.addNoise(clean, noisy, values, factor, position, key.seed, key.stream, tables, scratch);
  };
}
