import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { databaseTarget } from './database-url.ts';

describe('databaseTarget', () => {
  test('hands on what the URL says, and adds the session', () => {
    const { config, label, schema } = databaseTarget('postgres://me:secret@db.example:6543/lab?sslmode=disable');
    const { user, password, host, port, database, options } = new pg.Client(config) as unknown as Record<
      string,
      unknown
    > & {
      options?: string;
    };
    expect({ user, password, host, port, database }).toEqual({
      user: 'me',
      password: 'secret',
      host: 'db.example',
      port: 6543,
      database: 'lab',
    });
    expect(options).toBeUndefined();
    expect(new URL(config.connectionString ?? '').searchParams.get('options')).toMatch(/^-c TimeZone=UTC /);
    expect([label, schema]).toEqual(['db.example:6543/lab', undefined]);
  });

  test('keeps the options of the URL and turns `schema` into the search path', () => {
    const { config, schema } = databaseTarget('postgresql://db/lab?schema=room1&options=-c%20work_mem%3D64MB');
    const url = new URL(config.connectionString ?? '');
    expect(url.searchParams.get('options')).toMatch(/^-c work_mem=64MB -c TimeZone=UTC .* -c search_path=room1$/);
    expect(url.searchParams.has('schema')).toBe(false);
    expect(schema).toBe('room1');
  });

  test.each(['', 'localhost:5432', 'mysql://db/lab', 'postgres://db/lab?schema=a%22b'])('refuses %j', (text) => {
    expect(() => databaseTarget(text)).toThrow(expect.objectContaining({ code: 'E_DB_URL' }));
  });
});
