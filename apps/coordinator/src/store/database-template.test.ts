import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { copyTemplate, keepTemplate, templateFolder } from './database-template.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gradpool-template-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const one = { name: '1_one', sql: 'CREATE TABLE one (a int);\n' };

/** A database as far as this room looks into one. */
const make = (text: string) => (folder: string) => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'PG_VERSION'), text);
  return Promise.resolve();
};

test('a template is called by its migrations', async () => {
  const name = await templateFolder([one], dir);
  expect(await templateFolder([{ ...one }], dir)).toBe(name);
  expect(await templateFolder([one, { ...one, name: '2_two' }], dir)).not.toBe(name);
  expect(await templateFolder([{ ...one, sql: 'CREATE TABLE one (a text);\n' }], dir)).not.toBe(name);
});

test('it is made once; those of other builds, and what a killed build left, go', async () => {
  const template = await templateFolder([one], dir);
  await make('old')(join(dir, 'template-0000'));
  await make('half')(`${template}.new`);
  writeFileSync(join(dir, 'other.js'), '');
  await keepTemplate(template, make('first'));
  await keepTemplate(template, make('second'));
  expect(readdirSync(dir).sort()).toEqual(['other.js', basename(template)]);
  expect(readFileSync(join(template, 'PG_VERSION'), 'utf8')).toBe('first');
});

test('where there is none nothing is copied, and nothing is left of what cannot be copied whole', async () => {
  const template = join(dir, 'template-1');
  const folder = join(dir, 'data');
  expect(await copyTemplate(template, folder)).toBe(false);
  await make('whole')(template);
  expect(await copyTemplate(template, folder)).toBe(true);
  expect(readFileSync(join(folder, 'PG_VERSION'), 'utf8')).toBe('whole');
  // What is there already is in the way.
  expect(await copyTemplate(template, folder)).toBe(false);
  expect(readdirSync(dir)).toEqual(['template-1']);
});
