import type { MetricsAnswer } from '@gradpool/protocol';
import { linearRivalOf } from '../screen/grid.ts';
import { namingParameters, parametersLabel } from '../screen/parameters.ts';
import { LineChart, type Series } from './line-chart.tsx';
import type { CellDetail, ReportData } from './report-data.ts';
import type { Slice } from './slices.ts';

/** Test error over latent size, a line for each noise factor, and what linear methods reach as dashes. */
export function ErrorChart({ slice }: { readonly slice: Slice }) {
  const { grid, board, label } = slice;
  const series = grid.noises.flatMap((noise, colour): Series[] => [
    {
      ...{ label: `noise ${noise}`, colour },
      points: grid.latents.flatMap((latent) => {
        const row = grid.cell(latent, noise);
        return row ? [{ x: latent, y: row.mean, half: row.ci95 }] : [];
      }),
    },
    {
      ...{ label: noise === 0 ? 'PCA' : `linear ${noise}`, colour, dashed: true },
      points: grid.latents.flatMap((latent) => {
        const row = grid.cell(latent, noise);
        const linear = row ? linearRivalOf(board, row) : null;
        return linear === null ? [] : [{ x: latent, y: linear }];
      }),
    },
  ]);
  return (
    <figure>
      <LineChart
        title={`Test error by latent size${label === '' ? '' : `, ${label}`}`}
        series={series.filter(({ points }) => points.length > 0)}
        xName="latent size k"
        yName="test MSE per pixel"
        xTicks={grid.latents}
        ratioX
      />
    </figure>
  );
}

type Points = MetricsAnswer['points'];

/** Cells beyond which lines of one chart cannot be told apart. */
const linesMax = 8;

/** What the error did from epoch to epoch: a chart for each noise factor, a line for each cell. */
export function Curves({ data: { board, details } }: { readonly data: ReportData }) {
  const all = [...details.values()];
  const metric = curveMetric(all);
  if (metric === null) return <p>No epoch of these trials was recorded.</p>;
  const names = namingParameters(board.rows).filter((name) => name !== 'noise');
  const noises = [...new Set(all.map(noiseOf))].sort((a, b) => a - b);
  return (
    <figure>
      <div className="charts">
        {noises.map((noise) => (
          <div key={noise}>
            <h3>Noise {noise}</h3>
            <CurveChart details={all.filter((detail) => noiseOf(detail) === noise)} {...{ metric, names, noise }} />
          </div>
        ))}
      </div>
      <figcaption>
        {metric === 'validation_mse'
          ? 'Error on the held-out validation pictures after each epoch, and dashed the mean training error during it'
          : 'No pictures were held out for validation, so this is the training loss of each epoch'}{' '}
        ({metric}), by the best seed of each cell
        {all.length > linesMax ? `; at most the ${linesMax} best cells of each noise factor` : ''}.
      </figcaption>
    </figure>
  );
}

interface CurveChartProps {
  readonly details: readonly CellDetail[];
  readonly metric: string;
  readonly names: readonly string[];
  readonly noise: number;
}

function CurveChart({ details, metric, names, noise }: CurveChartProps) {
  const series = details
    .slice(0, linesMax)
    .flatMap(({ row, points }, colour): Series[] => {
      const label = parametersLabel(row.parameters, names) || 'error';
      const line = { colour, label, points: curveOf(points, metric) };
      // The gap between the two is what a model has learnt by heart.
      const training = { colour, label: `${label}, training`, dashed: true, unnamed: true };
      return metric === 'validation_mse' ? [line, { ...training, points: curveOf(points, 'train_mse') }] : [line];
    })
    .filter(({ points }) => points.length > 0);
  const epochs = series.flatMap(({ points }) => points.map(({ x }) => x));
  return (
    <LineChart
      title={`${metric} by epoch under noise ${noise}`}
      series={series}
      xName="epoch"
      yName={metric}
      xTicks={epochTicks(Math.max(1, ...epochs))}
      ratioX={false}
    />
  );
}

const noiseOf = ({ row }: CellDetail): number => Number(row.parameters['noise'] ?? 0);

/** Validation where the sweep holds pictures out, else the training loss. */
function curveMetric(details: readonly CellDetail[]): string | null {
  const names = new Set(details.flatMap(({ points }) => points.map(({ name }) => name)));
  return names.has('validation_mse')
    ? 'validation_mse'
    : ([...names].find((name) => name.startsWith('train_')) ?? null);
}

/** The values of a metric by epoch; what a later attempt recorded of an epoch replaces what an earlier one did. */
export function curveOf(points: Points, metric: string): { x: number; y: number }[] {
  const newest = new Map<number, Points[number]>();
  for (const point of points) {
    if (point.name !== metric) continue;
    const known = newest.get(point.epoch);
    if (!known || known.attempt <= point.attempt) newest.set(point.epoch, point);
  }
  return [...newest.values()].sort((a, b) => a.epoch - b.epoch).map(({ epoch, value }) => ({ x: epoch, y: value }));
}

/** The first and the last epoch and a few round ones between. */
function epochTicks(last: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000].find((round) => last / round <= 8) ?? 5000;
  const between = Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step);
  return [...new Set([1, ...between])].filter((tick) => tick <= last);
}
