/** YAML of a sweep whose trials take a second or two an epoch on an old machine. */
export function smallSweep(sweep: {
  readonly name: string;
  readonly latents: readonly number[];
  /** One is a setting of all trials, several are swept. None by default: the best linear denoiser takes the evaluator ten seconds. */
  readonly noises?: readonly number[];
  readonly epochs: number;
}): string {
  const { name, latents, noises = [0], epochs } = sweep;
  return `
name: ${name}
method: grid
metric: { name: test_mse, goal: minimize }
parameters:
  latent: { values: [${latents.join(', ')}] }
  noise: ${noises.length === 1 ? `{ value: ${noises[0]} }` : `{ values: [${noises.join(', ')}] }`}
  hidden: { value: [64] }
  train_images: { value: 6000 }
  validation_images: { value: 500 }
  epochs: { value: ${epochs} }
seeds: { count: 1 }
`;
}
