import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants, cp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Migration } from './migrations.ts';
import { embeddedArguments, sessionArguments } from './session-settings.ts';

/**
 * An empty database of this build, tables and all, which `npm run build` makes once: the engine needs many times as long to make one
 * as anybody needs to copy it. The same path from src/store and from dist/store.
 */
const templatesFolder = fileURLToPath(new URL('../../dist/store/', import.meta.url));
const prefix = 'template-';

/** Where the template lies that belongs to these migrations, the installed engine and its settings; others have other names. */
export async function templateFolder(migrations: readonly Migration[], folder = templatesFolder): Promise<string> {
  const engine = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const { version } = JSON.parse(await readFile(join(dirname(engine), '../package.json'), 'utf8')) as {
    version: string;
  };
  const settings = [...sessionArguments, ...embeddedArguments];
  const made = JSON.stringify([version, settings, migrations.map(({ name, sql }) => [name, sql])]);
  return join(folder, `${prefix}${createHash('sha256').update(made).digest('hex').slice(0, 16)}`);
}

/**
 * Copies the template to a new folder; false, and no folder, where that does not go: there is none, or it is another user's, or goes
 * away meanwhile in a new build.
 */
export async function copyTemplate(template: string, folder: string): Promise<boolean> {
  try {
    await cp(template, folder, { recursive: true, errorOnExist: true, force: false, mode: constants.COPYFILE_FICLONE });
    return true;
  } catch {
    await rm(folder, { recursive: true, force: true });
    return false;
  }
}

/** Makes the template by `make`, which fills the folder that it is given, unless it is there; those of other builds go. */
export async function keepTemplate(template: string, make: (folder: string) => Promise<void>): Promise<void> {
  const folder = dirname(template);
  for (const name of await readdir(folder)) {
    const old = name.startsWith(prefix) && name !== basename(template);
    if (old) await rm(join(folder, name), { recursive: true, force: true });
  }
  if (existsSync(template)) return;
  const aside = `${template}.new`;
  await make(aside);
  await rename(aside, template);
}
