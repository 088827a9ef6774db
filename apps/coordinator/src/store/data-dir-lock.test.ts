import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { lockDataDir } from './data-dir-lock.ts';
import { isAlive, processStart } from './process-start.ts';

const root = mkdtempSync(join(tmpdir(), 'gradpool-lock-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});
let folders = 0;
const freshFolder = () => join(root, `data-${(folders += 1)}`);

/** A lock as this process would have left it, changed. */
async function leaveLock(dataDir: string, change: Record<string, unknown>): Promise<void> {
  const lock = await lockDataDir(dataDir);
  const holder = JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8')) as Record<string, unknown>;
  await lock.release();
  writeFileSync(join(dataDir, 'lock'), JSON.stringify({ ...holder, ...change }));
}

describe('data folder lock', () => {
  test('is one at a time, names its holder, and leaves nothing behind', async () => {
    const dataDir = freshFolder();
    const lock = await lockDataDir(dataDir);
    await expect(lockDataDir(dataDir)).rejects.toMatchObject({
      code: 'E_DATA_DIR_IN_USE',
      exit: 2,
      message: expect.stringContaining(`in use by process ${process.pid} on `),
    });
    await lock.release();
    expect(readdirSync(dataDir)).toEqual([]);
    await (await lockDataDir(dataDir)).release();
  });

  test('many at once: one gets it', async () => {
    const dataDir = freshFolder();
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(dataDir)));
    const won = tries.filter((result) => result.status === 'fulfilled');
    expect(won).toHaveLength(1);
    await won[0]?.value.release();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('many at once over a dead holder: one gets it', async () => {
    const dataDir = freshFolder();
    await leaveLock(dataDir, { pid: deadPid() });
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(dataDir)));
    expect(tries.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  test('is taken over from a dead process, and from one whose id another has now', async () => {
    const dataDir = freshFolder();
    await leaveLock(dataDir, { pid: deadPid() });
    await (await lockDataDir(dataDir)).release();
    await leaveLock(dataDir, { start: 'another time' });
    await (await lockDataDir(dataDir)).release();
  });

  test('of another machine counts until it has been silent for a while', async () => {
    const dataDir = freshFolder();
    await leaveLock(dataDir, { place: 'elsewhere', pid: deadPid() });
    const refusal = { code: 'E_DATA_DIR_IN_USE', message: expect.stringContaining('on elsewhere') };
    await expect(lockDataDir(dataDir)).rejects.toMatchObject(refusal);
    utimesSync(join(dataDir, 'lock'), new Date(0), new Date(0));
    await (await lockDataDir(dataDir)).release();
  });

  test('a file that is no lock is taken over once it is old', async () => {
    const dataDir = freshFolder();
    await leaveLock(dataDir, {});
    writeFileSync(join(dataDir, 'lock'), 'no lock');
    utimesSync(join(dataDir, 'lock'), new Date(0), new Date(0));
    await (await lockDataDir(dataDir)).release();
  });

  test('a release does not touch the lock of a later holder', async () => {
    const dataDir = freshFolder();
    const lock = await lockDataDir(dataDir);
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ nonce: 'of another' }));
    await lock.release();
    expect(existsSync(join(dataDir, 'lock'))).toBe(true);
  });

  test('a folder that cannot be made is E_DATA_DIR_UNUSABLE', async () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    await expect(lockDataDir(join(file, 'data'))).rejects.toMatchObject({ code: 'E_DATA_DIR_UNUSABLE' });
  });
});

test('a process has one start, another has another', async () => {
  expect(await processStart(process.pid)).toBe(await processStart(process.pid));
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(deadPid())).toBe(false);
  expect(await processStart(deadPid())).not.toBe(await processStart(process.pid));
});

/** An id that no process has: ids grow from 1, and no system counts this far. */
function deadPid(): number {
  return 2 ** 31 - 7;
}
