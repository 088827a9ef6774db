import { createRequire } from 'node:module';

/** Version of this build, as every sweep and worker that it makes carries it. */
export function readCodeVersion(): string {
  const { version } = createRequire(import.meta.url)('@gradpool/coordinator/package.json') as { version: string };
  return version;
}
