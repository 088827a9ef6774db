import { expect, test } from '@jest/globals';
import { checkDatabaseVersion } from './database-version.ts';

test('a server older than Postgres 13 is refused by name', () => {
  expect(() => {
    checkDatabaseVersion(120_022, '12.22');
  }).toThrow(
    expect.objectContaining({
      code: 'E_DB_TOO_OLD',
      message: expect.stringContaining('Postgres 12.22, and gradpool needs 13 or newer'),
    }),
  );
  expect(() => {
    checkDatabaseVersion(130_000, '13.0');
  }).not.toThrow();
  expect(() => {
    checkDatabaseVersion(180_006, '18.6');
  }).not.toThrow();
});
