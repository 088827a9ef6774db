import { compareUtilisation, utilisationModel, type UtilisationReport } from '@gradpool/simulation';

/**
 * `npm run bench:utilisation`: the share of the summed speed of 30 uneven devices that come and go which becomes images that
 * count, by the real core on a virtual clock: pooled training in both modes, and equal shards with a barrier beside them. All
 * numbers of the model and its seeds are in libs/simulation/src/utilisation-model.ts. `--json` prints the keys of the
 * project's targets last.
 */
const reports = utilisationModel.seeds.map((seed) => compareUtilisation(seed));

const mean = (pick: (report: UtilisationReport) => number): number =>
  reports.reduce((sum, report) => sum + pick(report), 0) / reports.length;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

console.table([
  ...reports.map((report) => ({ ...shares(report), late: report.late, rounds: report.rounds })),
  { ...shares({ seed: 'mean', ...means() }), late: '', rounds: '' },
]);
if (process.argv.includes('--json')) {
  const { exact, local, barrier } = means();
  console.log(JSON.stringify({ exactUtilisation: exact, localUtilisation: local, barrierUtilisation: barrier }));
}

function means() {
  const rounded = (value: number): number => Math.round(1000 * value) / 1000;
  return {
    exact: rounded(mean(({ exact }) => exact)),
    local: rounded(mean(({ local }) => local)),
    barrier: rounded(mean(({ barrier }) => barrier)),
  };
}

interface Shares {
  readonly seed: number | string;
  readonly exact: number;
  readonly local: number;
  readonly barrier: number;
}

function shares({ seed, exact, local, barrier }: Shares) {
  return { seed, exact: percent(exact), local: percent(local), 'equal shards, barrier': percent(barrier) };
}
