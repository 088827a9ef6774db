import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { parse } from 'yaml';
import { planCells } from './plan.ts';
import { sweepJsonSchemaText, sweepJsonSchema } from './sweep-json-schema.ts';
import { sweepOf } from './testing.ts';

const folder = new URL('../../../sweeps/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');

describe('sweeps/', () => {
  test('schema.json is current; if not, run node scripts/write-sweep-schema.mjs', () => {
    expect(read('schema.json')).toBe(sweepJsonSchemaText());
  });

  test('every file is good, also to an editor that knows schema.json', () => {
    const editor = z.fromJSONSchema(sweepJsonSchema());
    const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    expect(names).toEqual(expect.arrayContaining(['paper.yaml', 'quickstart.yaml']));
    for (const name of names) {
      expect(planCells(sweepOf(read(name))).length).toBeGreaterThan(0);
      expect(editor.safeParse(parse(read(name))).success).toBe(true);
    }
  });

  test('an editor is told of a typo, a wrong value and two forms at once; bounds need no distribution', () => {
    const editor = z.fromJSONSchema(sweepJsonSchema());
    const good = (text: string) => editor.safeParse(parse(text)).success;
    expect(good('{name: x, method: random, run_cap: 2, parameters: {latent: {min: 2, max: 8}}}')).toBe(true);
    expect(good('{name: x, parameters: {latnt: {value: 2}}}')).toBe(false);
    expect(good('{name: x, parameters: {latent: {value: 0}}}')).toBe(false);
    expect(good('{name: x, parameters: {latent: {value: 2, values: [2]}}}')).toBe(false);
    expect(good('{name: x, paramters: {}}')).toBe(false);
  });

  test('quickstart.yaml is k 2, 8, 32 x noise 0, 0.3, 0.9 on all training images', () => {
    const cells = planCells(sweepOf(read('quickstart.yaml')));
    const expected = [2, 8, 32].flatMap((latent) => [0, 0.3, 0.9].map((noise) => ({ latent, noise })));
    expect(cells.map(({ parameters: { latent, noise } }) => ({ latent, noise }))).toEqual(expected);
    const spec = cells[0]?.trials[0]?.spec;
    expect(spec).toMatchObject({ dataset: 'mnist', model: 'mlp', hidden: [256, 128], epochs: 2, validation_images: 0 });
    expect(spec?.train_images).toBeUndefined();
  });

  test('paper.yaml is k 2, 4, 8, 16, 32 x noise 0, 0.3, 0.9 with the default settings', () => {
    const cells = planCells(sweepOf(read('paper.yaml')));
    expect(cells).toHaveLength(15);
    expect(Object.keys(cells[0]?.parameters ?? {})).toEqual(['latent', 'noise']);
  });
});
