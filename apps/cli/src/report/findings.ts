import { knownDatasets, metricOf, scoreText, type DatasetManifest } from '@gradpool/experiment';
import type { Leaderboard, SweepView, TrialView } from '@gradpool/protocol';
import { boardDecimals, linearRivalOf } from '../screen/grid.ts';
import { namingParameters, parametersLabel } from '../screen/parameters.ts';
import { rankedRows } from '../screen/ranking.ts';
import { formatCount, formatMse, formatPlural } from '../screen/units.ts';
import { alpha, linearComparisons, neighbourComparisons, seedsNeeded, type Comparison } from './comparisons.ts';
import { codeSentences, overfitSentences } from './detail-findings.ts';
import { featureFinding } from './feature-findings.ts';
import type { EndMap } from './end-maps.ts';
import type { CellDetail } from './report-data.ts';
import { seedErrors, type Slice } from './slices.ts';

/** One thing that the numbers say, in plain words, with the tests behind it where there are any. */
export interface Finding {
  readonly title: string;
  readonly sentences: readonly string[];
  readonly comparisons: readonly Comparison[];
}

export interface Found {
  readonly sweep: SweepView;
  readonly board: Leaderboard;
  readonly trials: readonly TrialView[];
  readonly dataset: DatasetManifest;
  readonly slices: readonly Slice[];
  readonly details: ReadonlyMap<string, CellDetail>;
  readonly maps: readonly EndMap[];
}

/** Everything that can be said of a sweep from its numbers alone. Nothing is said that they do not hold. */
export function findingsOf(found: Found): Finding[] {
  const { board, details, maps } = found;
  const aboutErrors = [
    ...[largerCode(found), linearRival(found), costOfNoise(found), doingNothing(found)],
    finding('Is anything learnt by heart?', overfitSentences(board, details.values())),
  ];
  const findings = [
    ...[bestCell(found), featureRival(found)],
    ...(board.metric === 'test_mse' ? aboutErrors : []),
    finding('Do the codes know the classes?', codeSentences(board, maps)),
  ];
  return [...findings, caveats(found)].filter(({ sentences }) => sentences.length > 0);
}

const finding = (title: string, sentences: readonly string[], comparisons: readonly Comparison[] = []): Finding => ({
  title,
  sentences,
  comparisons,
});

function bestCell({ board }: Found): Finding {
  const rows = rankedRows(board);
  const [best, worst] = [rows[0], rows.at(-1)];
  if (!best || !worst || best === worst) return finding('The best', []);
  const names = namingParameters(rows);
  const decimals = boardDecimals(board);
  const scored = (value: number): string => scoreText(board.metric, value, decimals);
  const said = (row: typeof best): string =>
    `${parametersLabel(row.parameters, names)} (${scored(row.mean)}${row.ci95 === null ? '' : ` ± ${scored(row.ci95)}`})`;
  return finding('The best and the worst', [
    `Of ${formatPlural(rows.length, 'cell')} the best ${metricOf(board.metric).label} is that of ${said(best)}, the worst that of ${said(worst)}.`,
  ]);
}

function featureRival({ board, trials }: Found): Finding {
  const { sentences, comparisons } = featureFinding(board, seedErrors(trials));
  return finding('Are features worth it?', sentences, comparisons);
}

function largerCode({ slices, trials }: Found): Finding {
  const comparisons = neighbourComparisons(slices, seedErrors(trials));
  const sentences = slices.flatMap((slice) => slice.grid.noises.flatMap((noise) => trendSentence(slice, noise)));
  return finding('Does a larger code help?', [...sentences, ...significance(comparisons, 'step')], comparisons);
}

function trendSentence({ label, grid }: Slice, noise: number): string[] {
  const means = grid.latents.flatMap((latent) => {
    const mean = grid.cell(latent, noise)?.mean;
    return mean === undefined ? [] : [{ latent, mean }];
  });
  const [first, last] = [means[0], means.at(-1)];
  if (!first || !last || means.length < 2) return [];
  const rises = means.slice(1).filter(({ mean }, index) => mean >= (means[index]?.mean ?? Infinity));
  const where = `${label === '' ? '' : `${label}, `}noise ${noise}`;
  const span = `from ${formatMse(first.mean)} at k = ${first.latent} to ${formatMse(last.mean)} at k = ${last.latent}`;
  if (rises.length === 0) return [`At ${where} the error falls with every step of k, ${span}.`];
  const places = rises.map(({ latent }) => `k = ${latent}`).join(', ');
  return [`At ${where} the error goes ${span}, but not at every step: it does not fall on the way to ${places}.`];
}

/** How many of the comparisons chance explains, and whether there were seeds enough to tell. */
function significance(comparisons: readonly Comparison[], word: string): string[] {
  if (comparisons.length === 0) return [];
  const significant = comparisons.filter(({ adjusted }) => adjusted <= alpha);
  const better = significant.filter((comparison) => comparison.better).length;
  const pairs = Math.min(...comparisons.map((comparison) => comparison.pairs));
  const verdict =
    `Paired sign-flip tests over the seeds, with Holm's correction: ${significant.length} of ` +
    `${formatPlural(comparisons.length, word)} significant at ${100 * alpha} %` +
    (significant.length > 0 ? `, ${better} of them for the better.` : '.');
  const needed = seedsNeeded(comparisons.length);
  if (pairs >= needed) return [verdict];
  return [
    verdict,
    `${formatPlural(pairs, 'seed')} cannot settle ${formatPlural(comparisons.length, 'comparison')}: with fewer than ${needed} even ` +
      'differences that all point one way may be chance by this test.',
  ];
}

function linearRival({ slices, trials }: Found): Finding {
  const gains = slices.flatMap(({ label, board, grid }) =>
    grid.latents.flatMap((latent) =>
      grid.noises.flatMap((noise) => {
        const row = grid.cell(latent, noise);
        const linear = row ? linearRivalOf(board, row) : null;
        if (!row || linear === null || linear === 0) return [];
        const place = [label, `k = ${latent}`, `noise ${noise}`].filter(Boolean).join(', ');
        return [{ place, gain: 1 - row.mean / linear }];
      }),
    ),
  );
  const rising = gains.toSorted((a, b) => a.gain - b.gain);
  const [least, most] = [rising[0], rising.at(-1)];
  const title = 'How far from PCA?';
  if (!least || !most) return finding(title, []);
  const ahead = gains.filter(({ gain }) => gain > 0).length;
  const comparisons = linearComparisons(slices, seedErrors(trials));
  const opening =
    ahead === gains.length
      ? `Every cell beats the best linear method of its size (PCA on clean images, the best linear denoiser under noise)`
      : `${ahead} of ${gains.length} cells beat the best linear method of their size (PCA on clean images, the best linear denoiser under noise)`;
  return finding(
    title,
    [
      `${opening}: from ${gainText(least.gain)} (${least.place}) to ${gainText(most.gain)} (${most.place}).`,
      ...significance(comparisons, 'comparison'),
    ],
    comparisons,
  );
}

const gainText = (gain: number): string => `${(100 * Math.abs(gain)).toFixed(1)} % ${gain >= 0 ? 'below' : 'above'} it`;

function costOfNoise({ slices }: Found): Finding {
  const sentences = slices.flatMap(({ label, grid }) => {
    const strongest = grid.noises.at(-1) ?? 0;
    if (!grid.noises.includes(0) || strongest === 0) return [];
    const ratios = grid.latents.flatMap((latent) => {
      const [clean, noisy] = [grid.cell(latent, 0)?.mean, grid.cell(latent, strongest)?.mean];
      return clean === undefined || noisy === undefined || clean === 0
        ? []
        : [`${(noisy / clean).toFixed(2)} at k = ${latent}`];
    });
    const where = label === '' ? '' : `${label}: `;
    return ratios.length === 0
      ? []
      : [`${where}Noise ${strongest} multiplies the error without noise by ${ratios.join(', ')}.`];
  });
  return finding('What does noise cost?', sentences);
}

function doingNothing({ board, slices }: Found): Finding {
  const sentences = board.baselines
    .filter(({ baseline }) => baseline === 'identity')
    .toSorted((a, b) => a.noise - b.noise)
    .flatMap(({ noise, testMse }) => {
      const cells = slices.flatMap(({ grid }) => grid.latents.flatMap((latent) => grid.cell(latent, noise) ?? []));
      const ahead = cells.filter(({ mean }) => mean < testMse).length;
      return cells.length === 0
        ? []
        : [
            `At noise ${noise} the noisy picture itself is off by ${formatMse(testMse)}; ${ahead} of ${cells.length} cells do better than leaving it alone.`,
          ];
    });
  return finding('Is denoising worth it?', sentences);
}

/** Figures of a part of a data set are not those of the data set. */
function prefixSentence({ name, train, test }: DatasetManifest): string {
  const whole = knownDatasets.find((manifest) => manifest.name === name);
  if (!whole || whole.train.images <= train.images) return '';
  const seen = `${formatCount(train.images)} training and ${formatCount(test.images)} test pictures`;
  return `This is a part of ${name}, ${seen} of ${formatCount(whole.train.images)} and ${formatCount(whole.test.images)}: its figures do not compare with those of the whole.`;
}

function caveats({ sweep, board, trials, dataset }: Found): Finding {
  const few = board.rows.filter(({ n }) => n < 3).length;
  const verified = trials.filter(({ score }) => score !== null);
  const local = verified.filter(({ placement }) => placement === 'local').length;
  const pooled = verified.filter(({ placement }) => placement !== 'alone').length;
  const mixed = verified.filter(({ placement, bitExact }) => placement !== 'local' && !bitExact).length;
  const failed = sweep.trials.failed;
  const open = sweep.cells - sweep.cellsDone;
  const sentences = [
    prefixSentence(dataset),
    open > 0
      ? `The sweep is not whole: ${open} of ${sweep.cells} cells are still to come, and nothing here is about them.`
      : '',
    failed > 0 ? `${formatPlural(failed, 'trial')} failed and are in no figure.` : '',
    few > 0
      ? `${few} of ${board.rows.length} cells have fewer than 3 seeds: their order may be luck, so they are listed but not ranked.`
      : '',
    local > 0
      ? `${formatPlural(local, 'trial')} of ${verified.length} were trained by many workers in local mode: not bit-reproducible, since other workers, or the same ones at other moments, end with other weights.`
      : '',
    pooled > 0 && pooled < verified.length
      ? 'Some cells were trained by many workers together and others by one worker each: a small difference between such cells may be one between ways to train.'
      : '',
    mixed > 0
      ? `${formatPlural(mixed, 'trial')} moved between machines that compute differently: right, but not repeatable to the last bit.`
      : '',
  ];
  return finding('What to be careful with', sentences.filter(Boolean));
}
