import { metricOf, placesOf, scoreText, type Place } from '@gradpool/experiment';
import type { Leaderboard } from '@gradpool/protocol';
import { figureColumns } from '../screen/cell-figures.ts';
import { boardDecimals, linearRivalOf } from '../screen/grid.ts';
import { fixedParameters, namingParameters, parametersLabel, varyingParameters } from '../screen/parameters.ts';
import { rankedRows } from '../screen/ranking.ts';
import { formatMse, formatPlural } from '../screen/units.ts';
import { alpha, type Comparison } from './comparisons.ts';

const rankingRowsMax = 200;

/** The cells best first, with their intervals and ties. */
export function Ranking({ board }: { readonly board: Leaderboard }) {
  const rows = rankedRows(board);
  const places = placesOf(rows);
  const decimals = boardDecimals(board);
  const scored = (value: number): string => scoreText(board.metric, value, decimals);
  const names = namingParameters(rows);
  // What is no error has none, and the baselines of a young sweep are not there yet.
  const hasRivals = rows.some((row) => linearRivalOf(board, row) !== null);
  const measured = shownMeasures.filter(({ name }) => rows.some(({ measures }) => name in measures));
  const figures = figureColumns(rows);
  const same =
    varyingParameters(rows).length > 0 ? parametersLabel(rows[0]?.parameters ?? {}, fixedParameters(rows)) : '';
  return (
    <div className="scroll">
      <table>
        <caption>
          {same && `The same in every cell: ${same}. `}
          Places shared by a tie: the 95 % intervals overlap that of the tie’s first cell. –: fewer than 3 seeds, listed
          but not ranked. Compression: values of a picture for each number of its code.
          {rows.length > rankingRowsMax && ` ${formatPlural(rows.length - rankingRowsMax, 'further cell')} not shown.`}
        </caption>
        <thead>
          <tr>
            <th scope="col">place</th>
            <th scope="col" className="left">
              cell
            </th>
            <th scope="col">{metricOf(board.metric).label}</th>
            <th scope="col">95 % interval</th>
            <th scope="col">seeds</th>
            {hasRivals && <th scope="col">linear</th>}
            {measured.map(({ name, title }) => (
              <th key={name} scope="col">
                {title}
              </th>
            ))}
            {figures.map(({ title }) => (
              <th scope="col" key={title}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, rankingRowsMax).map((row, index) => (
            <tr key={row.cellId}>
              <td>{placeText(places[index] ?? null)}</td>
              <td className="left">{parametersLabel(row.parameters, names)}</td>
              <td>{scored(row.mean)}</td>
              <td>{row.ci95 === null ? '' : `${scored(row.mean - row.ci95)} to ${scored(row.mean + row.ci95)}`}</td>
              <td>{row.n}</td>
              {hasRivals && <td>{shown(linearRivalOf(board, row), decimals)}</td>}
              {measured.map(({ name, digits }) => (
                <td key={name}>{row.measures[name]?.toFixed(digits) ?? ''}</td>
              ))}
              {figures.map(({ title, of }) => (
                <td key={title}>{of(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Figures that stand beside the error, where the evaluator computed them: means over the seeds. */
const shownMeasures = [
  { name: 'test_psnr', title: 'PSNR, dB', digits: 2 },
  { name: 'test_ssim', title: 'SSIM', digits: 3 },
] as const;

/** `1`, or `2–4` where several share places. */
const placeText = (place: Place | null): string => {
  if (place === null) return '–';
  return place.from === place.to ? `${place.from}` : `${place.from}–${place.to}`;
};

const shown = (value: number | null, decimals: number): string => (value === null ? '' : formatMse(value, decimals));

const baselineNames = {
  mean_image: 'mean image of the training set',
  identity: 'doing nothing: the noisy picture itself',
  pca: 'PCA',
  linear: 'best linear denoiser',
} as const;

/** What needs no training. */
export function Baselines({ board }: { readonly board: Leaderboard }) {
  if (board.baselines.length === 0) return <p>The baselines are not computed yet.</p>;
  const decimals = boardDecimals(board);
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col" className="left">
              method
            </th>
            <th scope="col">latent k</th>
            <th scope="col">noise</th>
            <th scope="col">test MSE</th>
          </tr>
        </thead>
        <tbody>
          {board.baselines.map(({ baseline, latent, noise, testMse }) => (
            <tr key={`${baseline} ${latent} ${noise}`}>
              <td className="left">{baselineNames[baseline]}</td>
              <td>{latent ?? ''}</td>
              <td>{baseline === 'mean_image' ? 'any' : noise}</td>
              <td>{formatMse(testMse, decimals)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The tests behind a finding. */
export function Comparisons({ comparisons }: { readonly comparisons: readonly Comparison[] }) {
  if (comparisons.length === 0) return null;
  return (
    <details>
      <summary>{formatPlural(comparisons.length, 'test')}</summary>
      <div className="scroll">
        <table>
          <caption>
            Difference of the score, first minus second, over the seeds that both sides have; p of the paired sign-flip
            test, two-sided, and with Holm’s correction for all rows. Bold: at most {alpha}.
          </caption>
          <thead>
            <tr>
              {['comparison', 'seeds', 'mean difference', '95 % interval', 'p', 'p, Holm'].map((title, i) => (
                <th key={title} scope="col" className={i === 0 ? 'left' : undefined}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {comparisons.map(({ label, pairs, difference, better, ci95, p, adjusted }) => (
              <tr key={label}>
                <td className="left">{label}</td>
                <td>{pairs}</td>
                <td className={difference === 0 ? undefined : better ? 'good' : 'bad'}>{signed(difference)}</td>
                <td>{ci95 === null ? '' : `${signed(difference - ci95)} to ${signed(difference + ci95)}`}</td>
                <td>{pText(p)}</td>
                <td>{adjusted <= alpha ? <strong>{pText(adjusted)}</strong> : pText(adjusted)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(5)}`;

const pText = (p: number): string => (p < 0.0001 ? p.toExponential(0) : p.toFixed(p < 0.01 ? 4 : 3));
