import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Writes tiny programs to be supervised. */
export interface ScriptFolder {
  readonly path: string;
  /** A CommonJS program with this text; the answer is its path. */
  script(name: string, text: string): string;
  remove(): void;
}

export function scriptFolder(): ScriptFolder {
  const path = mkdtempSync(join(tmpdir(), 'gradpool-cli-'));
  return {
    path,
    script: (name, text) => {
      const file = join(path, `${name}.cjs`);
      writeFileSync(file, text);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Leaves when drained or orphaned, as every real child does; ignores the terminal's Ctrl-C. */
export const wellBehaved = `
process.on('SIGINT', () => undefined);
process.on('message', (message) => { if (message.type === 'drain') process.exit(0); });
process.on('disconnect', () => process.exit(0));
`;
