import type { SweepCommand } from '@gradpool/protocol';
import type { Api } from '../client/api.ts';
import { configError } from '../cli-error.ts';
import type { Additions } from '../arguments/additions.ts';
import type { Output } from '../screen/output.ts';
import { formatPlural } from '../screen/units.ts';

interface Steering {
  readonly api: Api;
  readonly output: Output;
}

const said: Readonly<Record<SweepCommand, string>> = {
  pause: 'paused; running trials store their state. Go on with: gradpool sweep resume',
  resume: 'goes on. Follow it with: gradpool status',
  cancel: 'cancelled; finished trials are kept. See them with: gradpool leaderboard',
};

/** Pauses, resumes or cancels a sweep. */
export async function commandSweep(sweep: string, command: SweepCommand, { api, output }: Steering): Promise<void> {
  const answer = await api.command(sweep, command);
  output.json(answer);
  output.say([`  Sweep ${sweep} ${said[command]}${command === 'resume' ? '' : ` ${sweep}`}`]);
}

/** Adds values and seeds to a sweep. */
export async function extendSweep(
  sweep: string,
  { parameters, seeds }: { readonly parameters: Additions; readonly seeds: number | null },
  { api, output }: Steering,
): Promise<void> {
  if (Object.keys(parameters).length === 0 && seeds === null) {
    throw configError('E_USAGE', 'nothing to add; name values with --parameter latent=4,16 or a count with --seeds 3');
  }
  const answer = await api.extend(sweep, {
    ...(Object.keys(parameters).length > 0 ? { parameters: mutable(parameters) } : {}),
    ...(seeds === null ? {} : { seeds }),
  });
  output.json(answer);
  const size = `${formatPlural(answer.cells, 'cell')} and ${formatPlural(answer.trials, 'trial')} now`;
  output.say([
    answer.trialsAdded === 0
      ? `  Sweep ${sweep} has all of that already: ${size}`
      : `  Sweep ${sweep}: ${formatPlural(answer.trialsAdded, 'trial')} added, ${size}`,
  ]);
}

const mutable = (additions: Additions) =>
  Object.fromEntries(Object.entries(additions).map(([name, values]) => [name, [...values]]));
