/** The seed in the environment variable SIMULATION_SEED, to run one failed schedule again; null where it is not set. */
export function replayedSeed(): number | null {
  const text = process.env['SIMULATION_SEED'];
  if (text === undefined || text === '') return null;
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`SIMULATION_SEED is ${text}; give a whole number`);
  return seed;
}
