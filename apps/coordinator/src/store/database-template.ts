import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, constants, cp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Migration } from './migrations.ts';

/**
 * An empty database of this build, tables and all, which `npm run build` makes once: the engine needs many times as long to make one
 * as anybody needs to copy it. The same path from src/store and from dist/store.
 */
const templatesFolder = fileURLToPath(new URL('../../dist/store/', import.meta.url));
const prefix = 'template-';

/** Where the template lies that belongs to these migrations and to the installed engine; one of another build has another name. */
export async function templateFolder(migrations: readonly Migration[]): Promise<string> {
  const engine = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const { version } = JSON.parse(await readFile(join(dirname(engine), '../package.json'), 'utf8')) as {
    version: string;
  };
  const made = JSON.stringify([version, migrations.map(({ name, sql }) => [name, sql])]);
  return join(templatesFolder, `${prefix}${createHash('sha256').update(made).digest('hex').slice(0, 16)}`);
}

/** Copies the template to a folder that is there and empty; false where there is none, or one that this user may not read. */
export async function copyTemplate(template: string, folder: string): Promise<boolean> {
  const readable = await access(template, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (readable) await cp(template, folder, { recursive: true, mode: constants.COPYFILE_FICLONE });
  return readable;
}

/** Makes the template by `make`, which fills the folder that it is given, unless it is there; those of other builds go. */
export async function keepTemplate(template: string, make: (folder: string) => Promise<void>): Promise<void> {
  for (const name of await readdir(templatesFolder)) {
    const old = name.startsWith(prefix) && name !== basename(template);
    if (old) await rm(join(templatesFolder, name), { recursive: true, force: true });
  }
  if (existsSync(template)) return;
  const aside = `${template}.new`;
  await make(aside);
  await rename(aside, template);
}
