import { scaleLinear, scaleLog } from 'd3-scale';
import { schemeObservable10 } from 'd3-scale-chromatic';
import { line } from 'd3-shape';
import { formatMse } from '../screen/units.ts';

interface Point {
  readonly x: number;
  readonly y: number;
  /** Half-width of an interval around y. */
  readonly half?: number | null;
}

export interface Series {
  readonly label: string;
  readonly points: readonly Point[];
  /** Colour number; series of one number have one colour. */
  readonly colour: number;
  readonly dashed?: boolean;
  /** Not named at its end, because the line beside it says whose it is. */
  readonly unnamed?: boolean;
  /** False for a line of many points. */
  readonly dots?: boolean;
}

export interface LineChartProps {
  /** What the chart shows, for those who cannot see it. */
  readonly title: string;
  readonly series: readonly Series[];
  readonly xName: string;
  readonly yName: string;
  /** Marks of the x axis; their ratios are what counts where `ratioX`. */
  readonly xTicks: readonly number[];
  readonly ratioX: boolean;
}

const size = { width: 460, height: 300, left: 58, right: 96, top: 10, bottom: 42 } as const;
const labelHeight = 13;
/** Above this ratio of the largest to the smallest value a linear axis would hide the smaller ones. */
const logRatioMin = 4;

/** Lines over one axis each way, named at their ends. */
export function LineChart({ title, series, xName, yName, xTicks, ratioX }: LineChartProps) {
  const x = (ratioX ? scaleLog().base(2) : scaleLinear())
    .domain(extent(xTicks))
    .range([size.left, size.width - size.right]);
  const y = verticalScale(series);
  const place = { x: (value: number) => x(value), y: (value: number) => y.scale(value) };
  return (
    <svg viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={title}>
      <Axes {...{ xName, yName, xTicks }} yTicks={y.ticks} place={place} />
      {series.map((one) => (
        <Line key={one.label} series={one} place={place} />
      ))}
      {endLabels(series, place).map(({ label, top, colour }) => (
        <text key={label} x={size.width - size.right + 8} y={top} dy="0.35em" style={{ fill: colour }}>
          {label}
        </text>
      ))}
    </svg>
  );
}

/** From values to places in the drawing. */
interface Place {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

interface AxesProps extends Pick<LineChartProps, 'xName' | 'yName' | 'xTicks'> {
  readonly yTicks: readonly number[];
  readonly place: Place;
}

function Axes({ xName, yName, xTicks, yTicks, place }: AxesProps) {
  const [right, bottom] = [size.width - size.right, size.height - size.bottom];
  return (
    <g className="axis">
      {yTicks.map((tick) => (
        <g key={tick} transform={`translate(0 ${place.y(tick).toFixed(1)})`}>
          <line x1={size.left} x2={right} />
          <text x={size.left - 6} dy="0.32em" textAnchor="end">
            {formatMse(tick, tick < 0.01 ? 4 : 3)}
          </text>
        </g>
      ))}
      {xTicks.map((tick) => (
        <text key={tick} x={place.x(tick)} y={bottom + 16} textAnchor="middle">
          {tick}
        </text>
      ))}
      <text x={(size.left + right) / 2} y={size.height - 6} textAnchor="middle">
        {xName}
      </text>
      <text transform={`translate(12 ${(size.top + bottom) / 2}) rotate(-90)`} textAnchor="middle">
        {yName}
      </text>
    </g>
  );
}

function Line({ series, place }: { readonly series: Series; readonly place: Place }) {
  const path = line<Point>()
    .x((point) => Number(place.x(point.x).toFixed(1)))
    .y((point) => Number(place.y(point.y).toFixed(1)));
  const stroke = colourOf(series.colour);
  return (
    <g fill="none" stroke={stroke} strokeWidth={series.dashed ? 1.5 : 2}>
      <path d={path([...series.points]) ?? ''} {...(series.dashed && { strokeDasharray: '5 4' })} />
      {series.points.map(({ x, y, half }) =>
        half ? <line key={x} x1={place.x(x)} x2={place.x(x)} y1={place.y(y - half)} y2={place.y(y + half)} /> : null,
      )}
      {series.dashed || series.dots === false
        ? null
        : series.points.map(({ x, y }) => <circle key={x} cx={place.x(x)} cy={place.y(y)} r={2.5} fill={stroke} />)}
    </g>
  );
}

const colourOf = (number: number): string => schemeObservable10[number % schemeObservable10.length] ?? 'currentColor';

function extent(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low < high ? [low, high] : [low * 0.9, low * 1.1 || 1];
}

function verticalScale(series: readonly Series[]) {
  const values = series.flatMap(({ points }) => points.flatMap(({ y, half }) => [y - (half ?? 0), y + (half ?? 0)]));
  const [low, high] = extent(values.filter(Number.isFinite));
  const range = [size.height - size.bottom, size.top];
  if (low > 0 && high / low > logRatioMin) {
    const scale = scaleLog()
      .domain([low * 0.93, high * 1.07])
      .range(range);
    return { scale, ticks: roundSteps(low * 0.93, high * 1.07) };
  }
  const scale = scaleLinear().domain([low, high]).nice(5).range(range);
  return { scale, ticks: scale.ticks(5) };
}

/** 1, 2, 5, 10, 20 ... between two bounds. */
function roundSteps(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const decades = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => 10 ** (first + i));
  return decades.flatMap((decade) => [decade, 2 * decade, 5 * decade]).filter((tick) => tick >= low && tick <= high);
}

/** Names of the lines beside their last points, pushed apart where they would lie on each other. */
function endLabels(series: readonly Series[], place: Place): { label: string; top: number; colour: string }[] {
  const wanted = series
    .flatMap(({ label, points, colour, unnamed }) => {
      const last = points.at(-1);
      return last && label !== '' && !unnamed ? [{ label, top: place.y(last.y), colour: colourOf(colour) }] : [];
    })
    .sort((a, b) => a.top - b.top);
  let above = -Infinity;
  const lowered = wanted.map((label) => {
    above = Math.max(label.top, above + labelHeight);
    return { ...label, top: above };
  });
  const excess = Math.max(0, (lowered.at(-1)?.top ?? 0) - (size.height - size.bottom));
  let below = Infinity;
  return lowered.toReversed().map((label, i) => {
    below = Math.min(i === 0 ? label.top - excess : label.top, below - labelHeight);
    return { ...label, top: below };
  });
}
