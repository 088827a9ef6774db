import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseSweep } from './parse-sweep.ts';
import { readSweep } from './read-sweep.ts';
import { sweepOf } from './testing.ts';

const small = 'name: x\nparameters:\n  latent: {values: [2, 8]}\n';

function refusal(text: string): string {
  const result = parseSweep(text);
  return result.ok ? 'accepted' : `${result.code} ${result.message}`;
}

describe('a sweep file', () => {
  test('is read with its defaults', () => {
    expect(sweepOf(small)).toEqual({
      name: 'x',
      method: 'grid',
      metric: { name: 'test_mse', goal: 'minimize' },
      parameters: { latent: { values: [2, 8] } },
      seeds: { count: 1, base: 0 },
      retry: 2,
    });
  });

  test('[S11] has the goal of its metric unless it says another', () => {
    const goalOf = (metric: string) => sweepOf(`${small}metric: ${metric}`).metric.goal;
    expect(['{name: test_ssim}', '{name: test_mse}', '{name: test_ssim, goal: minimize}'].map(goalOf)).toEqual([
      ...['maximize', 'minimize', 'minimize'],
    ]);
  });

  test('[S11] the task says what it is ranked by', () => {
    const metricOf = (task: string) =>
      sweepOf(`name: x\nparameters: {latent: {value: 2}, task: {value: ${task}}}`).metric;
    expect(metricOf('classify')).toEqual({ name: 'test_accuracy', goal: 'maximize' });
    expect(metricOf('anomaly')).toEqual({ name: 'test_auc', goal: 'maximize' });
  });

  test('[S13] classifiers are stopped early, too, where images are held out', () => {
    const early = 'name: x\nparameters: {latent: {value: 2}, task: {value: classify}}\nearly_terminate: {type: asha}';
    expect(sweepOf(early).early_terminate).toEqual({ type: 'asha', eta: 3, min_iter: 1, compare_within: [] });
  });

  test.each([
    [
      'metric: {name: test_accuracy}',
      '',
      'metric.name is test_accuracy; trials of task autoencode are judged by test_mse, ',
    ],
    [
      'metric: {name: test_mse}',
      'task: {value: classify}',
      'metric.name is test_mse; trials of task classify are judged by',
    ],
    [
      'pooled: {mode: exact}',
      'task: {value: anomaly}',
      'parameters.task is anomaly; only autoencoders are trained by all',
    ],
    ['', 'task: {value: classify}, code: {value: variational}', 'parameters.code is variational; the classifier needs'],
    [
      '',
      'task: {value: classify}, labels: {value: 9}',
      'parameters.labels is 9; each of the 10 classes needs at least one',
    ],
    ['', 'task: {value: anomaly}, anomaly_class: {value: 10}', 'parameters.anomaly_class is 10; expected 0 to 9'],
    ['', 'task: {values: [classify, anomaly]}', 'a sweep has one task; write a sweep file for each'],
    ['', 'task: {value: classify}, labels: {value: some}', 'expected a whole number or all'],
  ])('[S12] refuses %s %s', (rest, parameter, message) => {
    const text = `name: x\nparameters: {latent: {value: 2}${parameter && `, ${parameter}`}}\n${rest}`;
    expect(refusal(text)).toContain(message);
  });

  test('may set everything', () => {
    const text = `
name: wide-1.2_b
method: random
metric: {name: test_mse, goal: maximize}
parameters:
  model: {values: [mlp, cnn]}
  latent: {min: 2, max: 64}
  noise: {min: 0.0, max: 0.5}
  hidden: {values: [[512, 256], [128]]}
  learning_rate: {distribution: log_uniform_values, min: 0.0001, max: 0.01}
  epochs: {value: 3}
seeds: {count: 3, base: 100}
run_cap: 20
retry: 0
`;
    expect(sweepOf(text)).toMatchObject({
      parameters: {
        latent: { distribution: 'int_uniform', min: 2, max: 64 },
        noise: { distribution: 'uniform', min: 0, max: 0.5 },
        hidden: { values: [[512, 256], [128]] },
        epochs: { value: 3 },
      },
      seeds: { count: 3, base: 100 },
      run_cap: 20,
      retry: 0,
    });
  });

  test('[S8] reads the same again from what is stored', () => {
    for (const text of [small, `${small}method: random\nrun_cap: 3\n  `]) {
      const sweep = sweepOf(text);
      expect(readSweep(JSON.parse(JSON.stringify(sweep)))).toEqual({ ok: true, sweep });
    }
  });
});

describe('a refused sweep file', () => {
  const parameters = (text: string) => `name: x\nparameters:\n  latent: {value: 2}\n  ${text}\n`;
  const cases: [rule: string, text: string, refusal: string][] = [
    [
      'S3',
      'name: x\nparamters: {}',
      'E_SWEEP_UNKNOWN_KEY line 2: a sweep has no key "paramters"; did you mean parameters?',
    ],
    [
      'S3',
      'name: x\nparameters:\n  latnt:\n    value: 3',
      'E_SWEEP_UNKNOWN_PARAMETER line 3: no parameter is called "latnt"; did you mean latent?',
    ],
    [
      'S3',
      parameters('learning-rate: {value: 1}'),
      'E_SWEEP_UNKNOWN_PARAMETER line 4: no parameter is called "learning-rate"; did you mean learning_rate?',
    ],
    [
      'S3',
      parameters('noise: {vlaues: [1]}'),
      'E_SWEEP_UNKNOWN_KEY line 4: parameters.noise has no key "vlaues"; did you mean values?',
    ],
    ['S3', `${small}seeds: {cont: 3}`, 'E_SWEEP_UNKNOWN_KEY line 4: seeds has no key "cont"; did you mean count?'],
    [
      'S3',
      `${small}metric: {gaol: minimize}`,
      'E_SWEEP_UNKNOWN_KEY line 4: metric has no key "gaol"; did you mean goal?',
    ],
    [
      'S3',
      `${small}stop_when: 1`,
      'E_SWEEP_UNKNOWN_KEY line 4: a sweep has no key "stop_when"; known are name, method, metric, parameters, seeds, run_cap, retry, early_terminate, pooled, placement, placement_workers',
    ],
    [
      'S3',
      `${small}early_terminate: {type: asha, min_itr: 1}`,
      'E_SWEEP_UNKNOWN_KEY line 4: early_terminate has no key "min_itr"; did you mean min_iter?',
    ],
    [
      'S13',
      `${small}early_terminate: {type: asha, compare_within: [latnt]}`,
      'E_SWEEP_VALUE line 4: early_terminate.compare_within.0 is "latnt"; did you mean latent?',
    ],
    [
      'S13',
      `${parameters('validation_images: {values: [0, 100]}')}early_terminate: {type: asha}`,
      'E_SWEEP_VALUE line 5: early_terminate judges by validation, but parameters.validation_images is 0; hold out some images, 5000 for example',
    ],
    [
      'S13',
      `${small}pooled: {mode: exact}\nearly_terminate: {type: asha}`,
      'E_SWEEP_VALUE line 5: early_terminate does not go with pooled; take one of them out',
    ],
    [
      'S5',
      'name: x\nmethod: sobol\nrun_cap: 2\nparameters: {latent: {distribution: q_uniform, min: 2, max: 8}}',
      'E_SWEEP_VALUE line 4: parameters.latent: q_uniform needs q, the step',
    ],
    [
      'S5',
      'name: x\nmethod: sobol\nrun_cap: 2\nparameters: {latent: {distribution: q_uniform, min: 5, max: 7, q: 4}}',
      'E_SWEEP_VALUE line 4: parameters.latent: no multiple of q 4 is from 5 to 7',
    ],
    [
      'S6',
      'name: x\nmethod: sobol\nparameters: {latent: {value: 2}}',
      'E_SWEEP_RUN_CAP line 2: a sobol sweep needs run_cap, the number of cells to draw',
    ],
    [
      'S3',
      parameters('seed: {value: 1}'),
      'E_SWEEP_UNKNOWN_PARAMETER line 4: no parameter is called "seed"; seeds are given by seeds: {count, base}',
    ],
    ['S2', 'parameters: {latent: {value: 2}}', 'E_SWEEP_MISSING line 1: name is missing; expected text'],
    [
      'S2',
      'name: x\nparameters: {noise: {value: 0}}',
      'E_SWEEP_MISSING line 2: parameters.latent is missing; give the sizes of the code, for example latent: {values: [2, 8, 32]}',
    ],
    [
      'S2',
      'name: x y\nparameters: {latent: {value: 2}}',
      'E_SWEEP_VALUE line 1: name is "x y"; a name is 1 to 64 letters, digits, dots, hyphens or underscores',
    ],
    ['S2', `${small}method: gird`, 'E_SWEEP_VALUE line 4: method is "gird"; did you mean grid?'],
    ['S2', `${small}method: bayes`, 'E_SWEEP_VALUE line 4: method is "bayes"; expected grid or random or sobol'],
    [
      'S2',
      `${small}metric: {name: loss}`,
      'E_SWEEP_VALUE line 4: metric.name is "loss"; expected test_mse or test_psnr or test_ssim or test_accuracy or test_f1 or test_cross_entropy or test_auc',
    ],
    ['S2', `${small}seeds: 3`, 'E_SWEEP_VALUE line 4: seeds is 3; expected a map'],
    ['S2', `${small}retry: -1`, 'E_SWEEP_VALUE line 4: retry is -1; expected at least 0'],
    [
      'S2',
      `${small}seeds: {base: 4294967295, count: 2}`,
      'E_SWEEP_VALUE line 4: seeds.base + seeds.count goes beyond 4294967296',
    ],
    ['S1', '', 'E_SWEEP_VALUE A sweep is a map with name, method, parameters and so on, not null'],
    ['S1', '- 1', 'E_SWEEP_VALUE A sweep is a map with name, method, parameters and so on, not [1]'],
    ['S1', 'name: x\nname: y', 'E_SWEEP_YAML line 2: the sweep file is no valid YAML: map keys must be unique'],
    [
      'S4',
      parameters('noise: 3'),
      'E_SWEEP_VALUE line 4: parameters.noise is 3; give {value: ...}, {values: [...]} or {distribution, min, max}',
    ],
    [
      'S4',
      parameters('noise: {value: 3, values: [3]}'),
      'E_SWEEP_VALUE line 4: parameters.noise is {"value":3,"values":[3]}; give {value: ...}, {values: [...]} or {distribution, min, max}',
    ],
    [
      'S4',
      parameters('noise: {values: [0, 0.3, 0.30]}'),
      'E_SWEEP_DUPLICATE_VALUE line 4: parameters.noise.values has 0.3 twice; take one out',
    ],
    [
      'S4',
      parameters('noise: {values: []}'),
      'E_SWEEP_VALUE line 4: parameters.noise.values is []; expected at least 1 in the list',
    ],
    [
      'S4',
      parameters('noise:\n    values:\n      - 0\n      - a'),
      'E_SWEEP_VALUE line 7: parameters.noise.values.1 is "a"; expected a number',
    ],
    ['S4', parameters('noise: {value: -1}'), 'E_SWEEP_VALUE line 4: parameters.noise.value is -1; expected at least 0'],
    [
      'S4',
      parameters('noise: {value: .nan}'),
      'E_SWEEP_VALUE line 4: parameters.noise.value is NaN; expected a number',
    ],
    [
      'S4',
      parameters('epochs: {value: 2.5}'),
      'E_SWEEP_VALUE line 4: parameters.epochs.value is 2.5; expected a whole number',
    ],
    [
      'S4',
      parameters('model: {value: mpl}'),
      'E_SWEEP_VALUE line 4: parameters.model.value is "mpl"; did you mean mlp?',
    ],
    [
      'S4',
      parameters('hidden: {value: [64, 0]}'),
      'E_SWEEP_VALUE line 4: parameters.hidden.value.1 is 0; expected at least 1',
    ],
    [
      'S5',
      parameters('noise: {min: 0, max: 1}'),
      'E_SWEEP_METHOD line 4: a grid needs values, but parameters.noise has bounds; set method: random or sobol, or give values',
    ],
    ['S5', parameters('noise: {min: 0}'), 'E_SWEEP_MISSING line 4: parameters.noise.max is missing; expected a number'],
    [
      'S5',
      `method: random\nrun_cap: 2\n${parameters('model: {min: 0, max: 1}')}`,
      'E_SWEEP_VALUE line 6: parameters.model is {"distribution":"int_uniform","min":0,"max":1}; model is no number, so it cannot be drawn between bounds; give {values: [...]}',
    ],
    [
      'S5',
      `method: random\nrun_cap: 2\n${parameters('epochs: {distribution: uniform, min: 1, max: 2}')}`,
      'E_SWEEP_VALUE line 6: parameters.epochs: it takes whole numbers only; use int_uniform',
    ],
    [
      'S5',
      `method: random\nrun_cap: 2\n${parameters('noise: {distribution: log_uniform_values, min: 0, max: 2}')}`,
      'E_SWEEP_VALUE line 6: parameters.noise: log_uniform_values needs min above 0, not 0',
    ],
    [
      'S5',
      `method: random\nrun_cap: 2\n${parameters('noise: {min: 2, max: 1}')}`,
      'E_SWEEP_VALUE line 6: parameters.noise: min 2 is above max 1',
    ],
    [
      'S6',
      `${small}method: random`,
      'E_SWEEP_RUN_CAP line 4: a random sweep needs run_cap, the number of cells to draw',
    ],
    [
      'S7',
      parameters('dataset: {values: [mnist, fashion-mnist]}'),
      'E_SWEEP_DATASET line 4: a sweep runs on one data set; write a sweep file for each',
    ],
    [
      'S7',
      `${small}seeds: {count: 1000}\n`.replace('[2, 8]', `[${Array.from({ length: 300 }, (_, i) => i + 1).join(',')}]`),
      'E_SWEEP_TOO_LARGE The sweep has 300 cells and 300000 trials; at most 20000 cells and 200000 trials are planned at once; give fewer values or set run_cap',
    ],
    [
      'S11',
      parameters('patience: {values: [0, 3]}\n  validation_images: {value: 0}'),
      'E_SWEEP_VALUE line 4: parameters.patience is 3; it goes by the validation error, but validation_images is 0; hold some out, for example 5000',
    ],
    [
      'S11',
      `${parameters('task: {value: classify}\n  patience: {value: 3}')}metric: {name: test_accuracy, goal: maximize}`,
      'E_SWEEP_VALUE line 5: parameters.patience is 3; a classifier trains all its epochs; take it out, or train the autoencoder alone',
    ],
    [
      'S11',
      `${parameters('final_weights: {value: best}')}pooled: {mode: exact}`,
      'E_SWEEP_VALUE line 4: parameters.final_weights is best; evaluators judge a pooled run beside its rounds and may leave epochs out, so it cannot go by that; take it out, or take out pooled',
    ],
    [
      'M8',
      parameters('model: {value: cnn}\n  kernel_size: {values: [4, 5]}\n  padding: {value: 1}'),
      'E_SWEEP_MODEL_SHAPE The model of cell model cnn, latent 2, kernel_size 5, padding 1 does not fit: conv_1 over a height of 28 gives (W - F + 2P)/S + 1 = (28 - 5 + 2*1)/2 + 1 = 13.5, no whole number; change kernel_size or padding, or give fewer channels',
    ],
    [
      'S7',
      parameters('hidden: {value: [8192, 8192]}'),
      'E_SWEEP_MODEL_SIZE The model of cell latent 2, hidden 8192-8192 has 147129106 parameters, at most 16777216 are trained; use smaller layers',
    ],
  ];

  test.each(cases)('[%s] %j', (_rule, text, expected) => {
    expect(refusal(text)).toBe(expected);
  });

  test('[S1] a text beyond the limit is not read', () => {
    expect(refusal(`#${'x'.repeat(262_144)}`)).toMatch('E_SWEEP_TOO_LARGE The sweep file is 262145 characters');
  });

  test('[S2] a long value is cut in the message', () => {
    expect(refusal(`name: ${'y'.repeat(500)}`)).toHaveLength(155);
  });

  test.each([
    ['nested beyond the stack', '['.repeat(100_000)],
    ['aliases upon aliases', bomb()],
    ['a list that holds itself', 'name: &a [*a]\n'],
    ['a prototype', `${small}__proto__: {name: z}\n`],
    [
      'a prototype parameter',
      'name: x\nparameters: {latent: {value: 1}, __proto__: {value: 1}, constructor: {value: 1}}',
    ],
    ['several documents', `${small}---\n${small}`],
    ['an unknown tag', 'name: !!js/function x'],
    ['a key that is a list', '? [a, b]\n: 1'],
    ['an unknown alias', 'name: *nowhere'],
    ['bytes', '\u0000\u0001\ud800'],
  ])('[S1] hostile text is refused: %s', (_what, text) => {
    expect(refusal(text)).toMatch(/^E_SWEEP_/);
  });
});

describe('any text and any data', () => {
  const words = [
    'name',
    'parameters',
    'latent',
    'values',
    'value',
    'min',
    'max',
    'seeds',
    'count',
    'base',
    'run_cap',
    'x',
  ];
  const yaml = fc.array(
    fc.oneof(
      fc.constantFrom(...words, ': ', '\n', '\n  ', '- ', '{', '}', '[', ']', ', ', '3'),
      fc.string({ maxLength: 4 }),
    ),
  );

  test('[S1] text gives a sweep or a coded refusal, never a throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          yaml.map((parts) => parts.join('')),
          mutated(),
        ),
        (text) => {
          const result = parseSweep(text);
          expect(result.ok || /^E_SWEEP_[A-Z_]+$/.test(result.code)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('[S1] [S8] plain data gives a sweep that reads the same again, or a coded refusal', () => {
    const leaf = fc.oneof(
      fc.integer({ min: -2, max: 40 }),
      fc.double(),
      fc.constantFrom('mlp', 'grid', 'random', 'x', null, true),
    );
    const spec = fc.record(
      {
        value: leaf,
        values: fc.array(leaf, { maxLength: 3 }),
        min: leaf,
        max: leaf,
        distribution: fc.constantFrom('uniform', 'int_uniform', 'log_uniform_values', 'q_uniform', 'x'),
        q: leaf,
      },
      { requiredKeys: [] },
    );
    const data = fc.record(
      {
        name: fc.constantFrom('a', 'b c', 3),
        method: fc.constantFrom('grid', 'random', 'sobol', 'bayes'),
        early_terminate: fc.oneof(
          leaf,
          fc.record({ type: fc.constant('asha'), eta: leaf, min_iter: leaf }, { requiredKeys: ['type'] }),
        ),
        parameters: fc.dictionary(
          fc.constantFrom('latent', 'noise', 'epochs', 'model', 'latnt'),
          fc.oneof(spec, leaf),
          { maxKeys: 3 },
        ),
        seeds: fc.record({ count: leaf, base: leaf }, { requiredKeys: [] }),
        run_cap: leaf,
        retry: leaf,
      },
      { requiredKeys: ['name', 'parameters'] },
    );
    fc.assert(
      fc.property(fc.oneof(data, fc.anything()), (given) => {
        const result = readSweep(given);
        if (!result.ok) expect(result.code).toMatch(/^E_SWEEP_[A-Z_]+$/);
        else expect(readSweep(JSON.parse(JSON.stringify(result.sweep)))).toEqual(result);
      }),
      { numRuns: 600 },
    );
  });
});

/** A good file with one stretch replaced. */
function mutated(): fc.Arbitrary<string> {
  return fc.tuple(fc.nat(small.length), fc.nat(6), fc.string({ maxLength: 4 })).map(([at, cut, put]) => {
    return small.slice(0, at) + put + small.slice(at + cut);
  });
}

function bomb(): string {
  const levels = Array.from({ length: 12 }, (_, i) => {
    const inner = i === 0 ? '"x"' : `*a${i - 1}`;
    return `a${i}: &a${i} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
  });
  return levels.join('\n');
}
