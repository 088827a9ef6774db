import type { SweepView, TrialView } from '@gradpool/protocol';
import { inOrder } from '../app/parameters.ts';

export type Repeated = Pick<TrialView, 'parameters' | 'seed'>;

const nameCharsMax = 64;

/** A sweep file that trains exactly this cell with exactly this seed. JSON is YAML, so values stand as they are. */
export function repeatSweep({ name, spec }: Pick<SweepView, 'name' | 'spec'>, { parameters, seed }: Repeated): string {
  const ending = `-repeat-${seed}`;
  const kept = ['metric', 'pooled', 'placement', 'placement_workers'].flatMap((key) =>
    spec[key] === undefined ? [] : [`${key}: ${JSON.stringify(spec[key])}`],
  );
  return [
    `name: ${JSON.stringify(name.slice(0, nameCharsMax - ending.length) + ending)}`,
    ...kept,
    'parameters:',
    ...inOrder(Object.keys(parameters)).map((key) => `  ${key}: { value: ${JSON.stringify(parameters[key])} }`),
    `seeds: { count: 1, base: ${seed} }`,
    '',
  ].join('\n');
}

/** One command for a shell in the folder of the same version of this program. */
export const repeatCommand = (sweepFile: string): string =>
  `npx gradpool sweep run /dev/stdin --watch <<'SWEEP'\n${sweepFile}SWEEP`;
