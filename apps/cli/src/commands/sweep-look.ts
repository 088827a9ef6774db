import { metricOf, metricOfSpec, scoreText } from '@gradpool/experiment';
import type { SweepView, TrialView } from '@gradpool/protocol';
import type { Api } from '../client/api.ts';
import { trialTotal } from '../client/room.ts';
import { sweepRemark, timeLeft } from '../screen/live-screen.ts';
import type { Output } from '../screen/output.ts';
import type { Look } from '../screen/paint.ts';
import { namingParameters, parametersLabel, sweptText } from '../screen/parameters.ts';
import { clip, tableLines } from '../screen/table.ts';
import { formatDuration } from '../screen/units.ts';

interface Looking {
  readonly api: Api;
  readonly output: Output;
}

/** All sweeps, the newest first. */
export async function listSweeps({ api, output }: Looking): Promise<void> {
  const sweeps = (await api.sweeps()).sort((a, b) => b.createdAt - a.createdAt);
  output.json(sweeps);
  output.say(sweepListLines(sweeps, output.look()));
}

function sweepListLines(sweeps: readonly SweepView[], look: Look): string[] {
  if (sweeps.length === 0) return ['  No sweep yet; add one with: gradpool sweep run FILE'];
  return tableLines(
    [
      { title: 'sweep' },
      { title: 'cells done', align: 'right' },
      { title: 'trials', align: 'right' },
      { title: 'failed', align: 'right' },
      { title: 'state', flexible: true },
    ],
    sweeps.map((sweep) => [
      look.paint.bold(sweep.name),
      `${sweep.cellsDone} of ${sweep.cells}`,
      String(trialTotal(sweep)),
      String(sweep.trials.failed),
      timeLeft(sweep),
    ]),
    look,
  );
}

/** One sweep: what it runs and how each trial stands. */
export async function showSweep(name: string, { api, output }: Looking): Promise<void> {
  const sweep = await api.sweep(name);
  const trials = await api.trials(sweep.sweepId);
  output.json({ sweep, trials });
  output.say(sweepLines(sweep, trials, output.look()));
}

const trialsMax = 200;

function sweepLines(sweep: SweepView, trials: readonly TrialView[], look: Look): string[] {
  const facts: [string, string][] = [
    ['id', sweep.sweepId],
    ['state', sweepRemark(sweep)],
    ['runs', sweptText(sweep.spec)],
    ['cells', `${sweep.cellsDone} of ${sweep.cells} done`],
    ['submitted', new Date(sweep.createdAt).toISOString()],
    ['spec', sweep.specHash],
    ['data', sweep.dataset],
    ['code', sweep.codeVersion],
  ];
  return [
    clip(`  ${look.paint.bold(sweep.name)}`, look),
    ...facts.map(([fact, value]) => clip(`  ${look.paint.dim(fact.padEnd(9))}  ${value}`, look)),
    '',
    ...trialLines(trials.slice(0, trialsMax), metricOfSpec(sweep.spec).name, look),
    ...(trials.length > trialsMax ? [`  and ${trials.length - trialsMax} more (all of them with --json)`] : []),
  ];
}

function trialLines(trials: readonly TrialView[], metric: string, look: Look): string[] {
  const names = namingParameters(trials);
  const trialLabel = ({ parameters, seed }: TrialView) =>
    [parametersLabel(parameters, names), `seed ${seed}`].filter(Boolean).join(', ');
  return tableLines(
    [
      { title: 'trial', flexible: true },
      { title: 'state' },
      { title: metricOf(metric).label, align: 'right' },
      { title: 'took', align: 'right' },
      { title: 'attempts', align: 'right' },
    ],
    trials.map((trial) => [
      trialLabel(trial),
      stateText(trial),
      trial.score === null ? '' : scoreText(metric, trial.score),
      trial.durationMs === null ? '' : formatDuration(trial.durationMs),
      String(trial.attempts),
    ]),
    look,
  );
}

function stateText({ state, errorCode, rungs }: TrialView): string {
  if (state === 'failed' && errorCode !== null) return `failed: ${errorCode}`;
  return state === 'pruned' ? `stopped early, epoch ${rungs?.pruned?.epoch ?? '?'}` : state;
}
