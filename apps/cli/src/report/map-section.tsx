import { schemeObservable10 } from 'd3-scale-chromatic';
import { className, type CodeMapPoints, type DatasetManifest } from '@gradpool/experiment';
import { namingParameters, parametersLabel } from '../screen/parameters.ts';
import { formatCount } from '../screen/units.ts';
import type { EndMap } from './end-maps.ts';
import type { ReportData } from './report-data.ts';

const methods = [
  { key: 'tsne', label: 't-SNE' },
  { key: 'pca', label: 'PCA' },
] as const;

/** The codes of the best and of the worst trial beside each other, by t-SNE and by PCA, with figures of how far classes lie apart. */
export function MapSection({ data: { dataset, maps, board } }: { readonly data: ReportData }) {
  if (maps.length === 0) return <p>No map of the codes is stored, and no evaluator was there to compute one.</p>;
  const names = namingParameters(board.rows);
  const labelled = maps.map((end) => ({ end, label: endLabel(end, names) }));
  return (
    <figure>
      <div className="charts">
        {methods.map(({ key, label: method }) =>
          labelled.map(({ end, label }) => (
            <div key={`${key} ${end.title}`}>
              <h3>
                {end.title}, {method}: {label}
              </h3>
              <MapChart
                map={end.map}
                positions={end.map[key]}
                title={`${method} of the codes of ${label}`}
                dataset={dataset}
              />
            </div>
          )),
        )}
      </div>
      <Separations labelled={labelled} />
      <figcaption>
        The codes of the first {formatCount(maps[0]?.map.count ?? 0)} test pictures, coloured by class; each name stands
        in the middle of its class. Neighbours: codes whose 10 nearest others vote for their class. Silhouette: from −1
        (among others) to 1 (far from them). Distances between far clusters of t-SNE mean little.
      </figcaption>
    </figure>
  );
}

const endLabel = ({ trial }: EndMap, names: readonly string[]): string =>
  [parametersLabel(trial.parameters, names), `seed ${trial.seed}`].filter(Boolean).join(', ');

const spaces = [
  { key: 'codes', label: 'the codes themselves' },
  { key: 'tsne', label: 't-SNE' },
  { key: 'pca', label: 'PCA' },
] as const;

function Separations({ labelled }: { readonly labelled: readonly { readonly end: EndMap; readonly label: string }[] }) {
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            {['', 'measured in', 'neighbours right', 'silhouette'].map((title, i) => (
              <th key={title} scope="col" className={i < 2 ? 'left' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labelled.flatMap(({ end: { title, separation }, label }) =>
            spaces.map(({ key, label: space }) => (
              <tr key={`${title} ${key}`}>
                <td className="left">{key === 'codes' ? `${title}: ${label}` : ''}</td>
                <td className="left">{space}</td>
                <td>{(100 * separation[key].neighbourAccuracy).toFixed(1)} %</td>
                <td>{separation[key].silhouette.toFixed(3)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}

const side = 400;
const margin = 8;

interface MapChartProps {
  readonly map: CodeMapPoints;
  /** [count, 2]. */
  readonly positions: Float32Array;
  readonly title: string;
  readonly dataset: DatasetManifest;
}

/** A path of dots for each class: a tenth of the bytes that a mark for each point would take. */
function MapChart({ map: { labels }, positions, title, dataset }: MapChartProps) {
  const places = placesOf(positions);
  const classes = [...new Set(labels)].sort((a, b) => a - b);
  const members = classes.map((label) => ({ label, points: places.filter((_, i) => labels[i] === label) }));
  return (
    <svg viewBox={`0 0 ${side} ${side}`} role="img" aria-label={title} className="map">
      {members.map(({ label, points }) => (
        <path key={label} stroke={colourOf(label)} d={points.map(([x, y]) => `M${x} ${y}h0`).join('')} />
      ))}
      {members.map(({ label, points }) => (
        <text key={label} x={middle(points, 0)} y={middle(points, 1)} style={{ fill: colourOf(label) }}>
          {className(dataset, label)}
        </text>
      ))}
    </svg>
  );
}

type Place = readonly [x: number, y: number];

const colourOf = (label: number): string => schemeObservable10[label % schemeObservable10.length] ?? 'currentColor';

/** The median, which few strays do not move. */
function middle(points: readonly Place[], axis: 0 | 1): number {
  const sorted = points.map((point) => point[axis]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Into the drawing, one scale for both directions, to a tenth of its unit. */
function placesOf(positions: Float32Array): Place[] {
  const xs = positions.filter((_, i) => i % 2 === 0);
  const ys = positions.filter((_, i) => i % 2 === 1);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const scale = (side - 2 * margin) / (Math.max(right - left, high - low) || 1);
  const rounded = (value: number): number => Math.round(10 * value) / 10;
  return Array.from(xs, (x, i) => [
    rounded(side / 2 + scale * (x - (left + right) / 2)),
    rounded(side / 2 - scale * ((ys[i] ?? 0) - (low + high) / 2)),
  ]);
}
