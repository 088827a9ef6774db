import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { closeCodes } from './close-codes.ts';
import { errorCodes, errorMeanings } from './error-codes.ts';
import { frameLimits, protocolVersion, wireLimits } from './limits.ts';
import { clientMessage, serverMessage } from './messages.ts';

const spec = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8');
const after = (heading: string): string => {
  const start = spec.indexOf(`## ${heading}\n`);
  const end = spec.indexOf('\n## ', start + 1);
  return spec.slice(start, end < 0 ? undefined : end);
};
const firstCells = (section: string): string[] =>
  [...section.matchAll(/^\| `?([^|`]+?)`? +\|/gm)].map((match) => match[1] ?? '').filter((cell) => !/^-+$/.test(cell));

test('SPEC.md lists every message of a client', () => {
  const types = clientMessage.options.map(({ shape }) => shape.type.value);
  expect(firstCells(after('Messages of a client')).slice(1).sort()).toEqual([...types].sort());
});

test('SPEC.md lists every message of the coordinator', () => {
  const types = serverMessage.options.map(({ shape }) => shape.type.value);
  expect(firstCells(after('Messages of the coordinator')).slice(1).sort()).toEqual([...types].sort());
});

test('SPEC.md lists every close code', () => {
  expect(firstCells(after('Close codes')).slice(1).map(Number)).toEqual(Object.values(closeCodes));
});

test('SPEC.md lists every error code with its meaning', () => {
  const section = after('Error codes');
  expect(firstCells(section).slice(1)).toEqual(Object.keys(errorMeanings));
  for (const meaning of Object.values(errorMeanings)) expect(section).toContain(meaning);
});

test('SPEC.md names the version and the limits', () => {
  expect(spec).toContain(`# The gradpool protocol, version ${protocolVersion}`);
  expect(wireLimits.frameBytesMax).toBe(1_048_576);
  expect(spec).toContain('`wireLimits.frameBytesMax` (1 MiB)');
  expect(frameLimits.depthMax).toBe(16);
});

test('an error code is its own constant', () => {
  expect(errorCodes.E_TOKEN).toBe('E_TOKEN');
  expect(Object.keys(errorCodes)).toEqual(Object.keys(errorMeanings));
});
