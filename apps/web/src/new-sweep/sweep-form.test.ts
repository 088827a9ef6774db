import { describe, expect, test } from '@jest/globals';
import { parseSweep } from '@gradpool/experiment';
import { readForm, startText, sweepFields, textOf, withName, withSeeds, withValues } from './sweep-form.ts';

function field(name: string) {
  const found = sweepFields.find((known) => known.name === name);
  if (!found) throw new Error(`no field ${name}`);
  return found;
}

const text = `# mine
name: a
parameters:
  latent: {values: [2, 8]} # sizes
  hidden: {values: [[512, 256], [64]]}
  model: {value: mlp}
  learning_rate: {min: 0.001, max: 0.1}
seeds: {count: 4}
`;

describe('the form of a sweep file', () => {
  test('shows values as texts, and bounds as words', () => {
    const form = readForm(text);
    expect([form?.name, form?.seeds]).toEqual(['a', 4]);
    expect([...(form?.values ?? [])]).toEqual([
      ['latent', ['2', '8']],
      ['hidden', ['512-256', '64']],
      ['model', ['mlp']],
    ]);
    expect([...(form?.drawn ?? [])]).toEqual([['learning_rate', 'drawn between 0.001 and 0.1']]);
  });

  test.each(['a: [', 'just words', '', '- a'])('%p has no form, and no edit changes it', (broken) => {
    expect(readForm(broken)).toBeNull();
    expect(withName(broken, 'b')).toBe(broken);
  });

  test('has a field for every parameter, with its default', () => {
    expect(sweepFields.map(({ name }) => name)).toContain('latent');
    expect(field('hidden')).toMatchObject({ kind: { kind: 'list' }, standard: '512-256' });
    expect(field('model').kind).toEqual({ kind: 'choice', options: ['mlp', 'cnn', 'vanilla'] });
    expect(field('dataset')).toMatchObject({ kind: { kind: 'choice' }, standard: 'mnist' });
    expect([field('latent').standard, field('train_images').standard]).toEqual([null, 'all']);
  });
});

describe('edits in the form', () => {
  test('change the text they mean and leave the rest, comments too', () => {
    const changed = withSeeds(withName(withValues(text, field('latent'), ['2', '8', '16']), 'b'), 5);
    expect(changed).toBe(
      text.replace('[2, 8]}', '[2, 8, 16]}').replace('name: a', 'name: b').replace('count: 4', 'count: 5'),
    );
  });

  test('come back as they were typed', () => {
    const typed = withValues(withValues(text, field('hidden'), ['128-64']), field('noise'), ['0', '0.9']);
    expect(readForm(typed)?.values.get('hidden')).toEqual(['128-64']);
    expect(readForm(typed)?.values.get('noise')).toEqual(['0', '0.9']);
  });

  test('no values leave the parameter to its default', () => {
    expect(readForm(withValues(text, field('model'), []))?.values.has('model')).toBe(false);
  });

  test('what is no number is kept for the check to refuse', () => {
    const parsed = parseSweep(withValues(startText, field('latent'), ['two']));
    expect(parsed).toMatchObject({ ok: false, code: 'E_SWEEP_VALUE' });
  });

  test('work on a file that has no parameters yet', () => {
    const parsed = parseSweep(withValues('name: a\n', field('latent'), ['4']));
    expect(parsed.ok && parsed.sweep.parameters).toEqual({ latent: { value: 4 } });
  });
});

describe('texts to start from', () => {
  test('the one of an empty form is a sweep', () => {
    expect(parseSweep(startText)).toMatchObject({ ok: true });
  });

  test('a stored sweep comes back the same', () => {
    const parsed = parseSweep(startText);
    if (!parsed.ok) throw new Error(parsed.message);
    expect(parseSweep(textOf(parsed.sweep))).toEqual(parsed);
  });
});
