import { memo, useEffect, useMemo, useRef } from 'react';
import { schemeCategory10, schemeTableau10 } from 'd3-scale-chromatic';
import { select } from 'd3-selection';
import { zoom, zoomIdentity } from 'd3-zoom';
import { useComputedColorScheme } from '@mantine/core';
import classes from './latent.module.css';

/** Side of the drawing in its own units, and the room around the outermost point. */
const side = 640;
const margin = 16;

export interface ScatterProps {
  /** [count, 2]. */
  readonly positions: Float32Array;
  readonly labels: Uint8Array;
  /** For those who do not see it. */
  readonly summary: string;
  /** Called with the point under the pointer. */
  readonly onShow: (point: number) => void;
}

/** Points as the figures of their classes, to be zoomed and moved. Maps like these have no axes: only nearness counts. */
export function Scatter({ positions, labels, summary, onShow }: ScatterProps) {
  const frame = useRef<SVGSVGElement>(null);
  const moved = useRef<SVGGElement>(null);
  useEffect(() => {
    if (!frame.current) return;
    const canvas = select(frame.current);
    const behaviour = zoom<SVGSVGElement, unknown>()
      .scaleExtent([1, 20])
      .translateExtent([
        [0, 0],
        [side, side],
      ])
      .on('zoom', ({ transform }: { transform: typeof zoomIdentity }) => {
        moved.current?.setAttribute('transform', transform.toString());
        // Figures stay as large as they are: zooming takes them apart.
        frame.current?.style.setProperty('--figure-size', `${11 / Math.sqrt(transform.k)}px`);
      });
    canvas.call(behaviour);
    canvas.call((selection) => {
      behaviour.transform(selection, zoomIdentity);
    });
    return () => {
      canvas.on('.zoom', null);
    };
  }, [positions]);
  return (
    <svg
      ref={frame}
      viewBox={`0 0 ${side} ${side}`}
      className={classes['scatter']}
      role="img"
      aria-label={summary}
      onPointerOver={({ target }) => {
        const point = (target as SVGElement).dataset['point'];
        if (point !== undefined) onShow(Number(point));
      }}
    >
      <g ref={moved}>
        <Figures positions={positions} labels={labels} />
      </g>
    </svg>
  );
}

/** For those who see no colours, or not all of these, the figures themselves tell classes apart. */
const coloursOf = (dark: boolean): readonly string[] => (dark ? schemeTableau10 : schemeCategory10);

/** Two thousand of them: drawn again only when they change. */
const Figures = memo(function Figures({ positions, labels }: Pick<ScatterProps, 'positions' | 'labels'>) {
  const dark = useComputedColorScheme('light') === 'dark';
  const colours = coloursOf(dark);
  const places = useMemo(() => placesOf(positions), [positions]);
  return places.map(([x, y], point) => (
    <text key={point} x={x} y={y} data-point={point} fill={colours[labels[point]! % colours.length]}>
      {labels[point]}
    </text>
  ));
});

/** Into the drawing, one scale for both directions. */
function placesOf(positions: Float32Array): readonly (readonly [number, number])[] {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < positions.length; i += 2) {
    [left, right] = [Math.min(left, positions[i]!), Math.max(right, positions[i]!)];
    [bottom, top] = [Math.min(bottom, positions[i + 1]!), Math.max(top, positions[i + 1]!)];
  }
  const scale = (side - 2 * margin) / (Math.max(right - left, top - bottom) || 1);
  const [x0, y0] = [(left + right) / 2, (bottom + top) / 2];
  return Array.from({ length: positions.length / 2 }, (_, i) => [
    side / 2 + scale * (positions[2 * i]! - x0),
    side / 2 - scale * (positions[2 * i + 1]! - y0),
  ]);
}
