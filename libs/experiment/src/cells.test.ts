import { describe, expect, test } from '@jest/globals';
import { cellCount, sweepCells } from './cells.ts';
import { sweepOf } from './testing.ts';

describe('the cells of a grid', () => {
  test('[P1] come with the last parameter of the trial spec varying fastest, whatever the key order', () => {
    const cells = [
      { latent: 8, noise: 0, epochs: 2 },
      { latent: 8, noise: 0.9, epochs: 2 },
      { latent: 2, noise: 0, epochs: 2 },
      { latent: 2, noise: 0.9, epochs: 2 },
    ];
    const one = sweepOf(
      'name: x\nparameters: {latent: {values: [8, 2]}, noise: {values: [0, 0.9]}, epochs: {value: 2}}',
    );
    const other = sweepOf(
      'name: x\nparameters: {epochs: {value: 2}, noise: {values: [0, 0.9]}, latent: {values: [8, 2]}}',
    );
    expect(sweepCells(one)).toEqual(cells);
    expect(sweepCells(other)).toEqual(cells);
    expect(Object.keys(sweepCells(other)[0] ?? {})).toEqual(['latent', 'noise', 'epochs']);
    expect(cellCount(one)).toBe(4);
  });

  test('[S6] stop at run_cap', () => {
    const sweep = sweepOf('name: x\nrun_cap: 3\nparameters: {latent: {values: [8, 2]}, noise: {values: [0, 0.9]}}');
    expect(sweepCells(sweep)).toHaveLength(3);
    expect(cellCount(sweep)).toBe(3);
  });
});

describe('the cells of a sobol sweep', () => {
  const text = (runCap: number, base = 0) => `
name: x
method: sobol
run_cap: ${runCap}
seeds: {base: ${base}}
parameters:
  latent: {values: [2, 4, 8, 16]}
  learning_rate: {distribution: log_uniform_values, min: 0.0001, max: 0.01}
  epochs: {value: 3}
`;

  test('[P4] are the same on every machine, and fill the space evenly: each quarter of it once in four cells', () => {
    const cells = sweepCells(sweepOf(text(4)));
    expect(cells).toEqual([
      { latent: 16, learning_rate: 0.00183758, epochs: 3 },
      { latent: 4, learning_rate: 0.000183758, epochs: 3 },
      { latent: 2, learning_rate: 0.00581094, epochs: 3 },
      { latent: 8, learning_rate: 0.000581094, epochs: 3 },
    ]);
    expect(new Set(cells.map(({ latent }) => latent)).size).toBe(4);
  });

  test('[P4] a higher run_cap only adds cells, another base draws others', () => {
    const few = sweepCells(sweepOf(text(5)));
    expect(sweepCells(sweepOf(text(9))).slice(0, 5)).toEqual(few);
    expect(sweepCells(sweepOf(text(5, 1)))).not.toEqual(few);
  });
});

describe('quantised draws', () => {
  test('[S5] are multiples of q within the bounds', () => {
    const sweep = sweepOf(`
name: x
method: random
run_cap: 300
parameters:
  latent: {distribution: q_log_uniform_values, min: 5, max: 100, q: 8}
  noise: {distribution: q_uniform, min: 0, max: 1, q: 0.25}
`);
    const cells = sweepCells(sweep) as unknown as { latent: number; noise: number }[];
    const latents = [...new Set(cells.map(({ latent }) => latent))].sort((a, b) => a - b);
    expect(latents).toEqual([8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96]);
    expect([...new Set(cells.map(({ noise }) => noise))].sort()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(cellCount(sweep)).toBe(60);
  });
});

describe('the cells of a random sweep', () => {
  const text = (runCap: number, base = 0) => `
name: x
method: random
run_cap: ${runCap}
seeds: {base: ${base}}
parameters:
  latent: {min: 2, max: 64}
  noise: {min: 0.0, max: 0.5}
  learning_rate: {distribution: log_uniform_values, min: 0.0001, max: 0.01}
  batch_size: {distribution: log_uniform_values, min: 16, max: 512}
  activation: {values: [relu, tanh]}
  epochs: {value: 3}
`;

  test('[P4] are the same on every machine', () => {
    expect(sweepCells(sweepOf(text(2)))).toEqual([
      { latent: 54, noise: 0.151232, activation: 'relu', learning_rate: 0.00183758, batch_size: 377, epochs: 3 },
      { latent: 35, noise: 0.234429, activation: 'tanh', learning_rate: 0.000155667, batch_size: 354, epochs: 3 },
    ]);
  });

  test('[P4] a higher run_cap only adds cells, another base draws others', () => {
    const few = sweepCells(sweepOf(text(5)));
    expect(sweepCells(sweepOf(text(9))).slice(0, 5)).toEqual(few);
    expect(sweepCells(sweepOf(text(5, 1)))).not.toEqual(few);
  });

  test('[S5] lie within their bounds and spread over them', () => {
    const cells = sweepCells(sweepOf(text(400))) as unknown as Record<
      'latent' | 'noise' | 'learning_rate' | 'batch_size',
      number
    >[];
    expect(cells).toHaveLength(400);
    const column = (name: 'latent' | 'noise' | 'learning_rate' | 'batch_size') => cells.map((cell) => cell[name]);
    const within = (values: number[], min: number, max: number) =>
      values.every((value) => value >= min && value <= max);
    expect(within(column('latent'), 2, 64) && column('latent').every(Number.isInteger)).toBe(true);
    expect(within(column('noise'), 0, 0.5)).toBe(true);
    expect(within(column('learning_rate'), 0.0001, 0.01)).toBe(true);
    expect(within(column('batch_size'), 16, 512) && column('batch_size').every(Number.isInteger)).toBe(true);
    // Half of the draws lie below the middle of each distribution; 0.4 to 0.6 is four standard deviations.
    const share = (values: number[], below: number) => values.filter((value) => value < below).length / 400;
    const isHalf = (value: number) => value > 0.4 && value < 0.6;
    expect(isHalf(share(column('latent'), 33.5))).toBe(true);
    expect(isHalf(share(column('noise'), 0.25))).toBe(true);
    expect(isHalf(share(column('learning_rate'), 0.001))).toBe(true);
    expect(isHalf(share(column('batch_size'), 90.5))).toBe(true);
  });

  test('[P1] a narrow space is drawn empty, each cell once', () => {
    const sweep = sweepOf(
      'name: x\nmethod: random\nrun_cap: 20000\nparameters: {latent: {min: 1, max: 30}, noise: {values: [0, 1]}}',
    );
    expect(cellCount(sweep)).toBe(60);
    const cells = sweepCells(sweep).map((cell) => JSON.stringify(cell));
    expect(new Set(cells).size).toBe(60);
    expect(cells).toHaveLength(60);
  });

  test('a space with fewer values than it seems ends', () => {
    const narrow = 'noise: {min: 0.1, max: 0.1000001}';
    const sweep = sweepOf(`name: x\nmethod: random\nrun_cap: 50\nparameters: {latent: {value: 2}, ${narrow}}`);
    expect(sweepCells(sweep)).toEqual([{ latent: 2, noise: 0.1 }]);
  });
});
