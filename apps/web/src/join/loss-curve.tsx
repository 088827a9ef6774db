import { useEffect, useRef } from 'react';
import { useComputedColorScheme, useMantineTheme } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Curve } from './join-state.ts';
import classes from './join.module.css';

const height = 230;

interface LossCurveProps {
  readonly curve: Curve;
}

/** Loss against epochs, drawn on as the training goes. */
export function LossCurve({ curve }: LossCurveProps) {
  const { total: epochs } = curve;
  const { ref: measured, width } = useElementSize();
  const frame = useRef<HTMLDivElement>(null);
  const ref = useMergedRef(measured, frame);
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme('light');
  const theme = useMantineTheme();
  const line = theme.colors.blue[scheme === 'dark' ? 4 : 7] ?? 'blue';
  const text = scheme === 'dark' ? theme.colors.gray[4] : theme.colors.gray[7];
  const grid = scheme === 'dark' ? 'rgba(255,255,255,0.1)' : 'rgba(0,0,0,0.08)';
  const drawn = width > 0;
  useEffect(() => {
    const place = frame.current;
    if (!place || !drawn) return;
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
    const made = new uPlot(
      {
        width: place.clientWidth,
        height,
        cursor: { show: false },
        legend: { show: false },
        scales: {
          x: { time: false, range: [0, Math.max(epochs, 1)] },
          // From zero, so that a late stretch does not look like a storm.
          y: { range: (_, __, max) => [0, 1.05 * max || 1] },
        },
        axes: [
          { ...axis, label: 'epoch', labelSize: 20, size: 34 },
          { ...axis, size: 56 },
        ],
        series: [{}, { label: 'loss', stroke: line, width: 2, points: { show: false } }],
      },
      [[], []],
      place,
    );
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [drawn, epochs, line, text, grid]);
  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height });
  }, [width]);
  useEffect(() => {
    plot.current?.setData([[...curve.epochs], [...curve.losses]]);
  }, [curve, drawn, epochs, line, text, grid]);
  const last = curve.losses.at(-1);
  const label = last === undefined ? 'Loss: no value yet' : `Loss against epochs, now ${last.toPrecision(3)}`;
  return <div ref={ref} role="img" aria-label={label} className={classes['curve']} />;
}
