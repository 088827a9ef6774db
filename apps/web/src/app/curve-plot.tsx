import { useEffect, useRef } from 'react';
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { alignedCurves, type Curve } from './curves.ts';

export interface DrawnCurve extends Curve {
  readonly label: string;
  readonly colour: string;
  readonly dash: readonly number[];
}

export interface CurvePlotProps {
  readonly curves: readonly DrawnCurve[];
  /** What the vertical axis measures. */
  readonly measure: string;
  /** For those who do not see the plot. */
  readonly summary: string;
  readonly logarithmic: boolean;
}

const height = 320;
/** Distances of ticks: there is no epoch 1.5. */
const epochSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] as const;

/** Curves against epochs; the legend shows the values under the pointer and switches lines off and on. */
export function CurvePlot({ curves, measure, summary, logarithmic }: CurvePlotProps) {
  const { ref: measured, width } = useElementSize();
  const frame = useRef<HTMLDivElement>(null);
  const ref = useMergedRef(measured, frame);
  const plot = useRef<uPlot | null>(null);
  const dark = useComputedColorScheme('light') === 'dark';
  const looks = JSON.stringify(curves.map(({ label, colour, dash }) => ({ label, colour, dash })));
  const hasWidth = width > 0;
  useEffect(() => {
    const place = frame.current;
    if (!place || !hasWidth) return;
    const made = new uPlot(
      optionsOf(JSON.parse(looks) as Look[], { measure, logarithmic, dark, width: place.clientWidth }),
      [[]],
      place,
    );
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [hasWidth, looks, measure, logarithmic, dark]);
  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height });
  }, [width]);
  useEffect(() => {
    plot.current?.setData(alignedCurves(curves));
  }, [curves, hasWidth, looks, measure, logarithmic, dark]);
  return <div ref={ref} role="img" aria-label={summary} style={{ minHeight: height }} />;
}

type Look = Pick<DrawnCurve, 'label' | 'colour' | 'dash'>;

interface Frame {
  readonly measure: string;
  readonly logarithmic: boolean;
  readonly dark: boolean;
  readonly width: number;
}

function optionsOf(looks: readonly Look[], { measure, logarithmic, dark, width }: Frame): uPlot.Options {
  const text = dark ? '#c9ccd0' : '#343a40';
  const grid = dark ? 'rgba(255,255,255,0.1)' : 'rgba(0,0,0,0.08)';
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
  const line = ({ label, colour, dash }: Look): uPlot.Series => ({
    label,
    stroke: colour,
    width: 2,
    dash: [...dash],
    spanGaps: true,
    points: { size: 5 },
    value: (_, value) => (value as number | null)?.toPrecision(4) ?? '–',
  });
  return {
    width,
    height,
    scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
    axes: [
      { ...axis, label: 'epoch', labelSize: 20, size: 36, incrs: [...epochSteps] },
      { ...axis, label: measure, labelSize: 20, size: 64 },
    ],
    series: [{ label: 'epoch' }, ...looks.map(line)],
  };
}
