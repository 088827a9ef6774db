import { useMemo } from 'react';
import { encode } from 'uqr';

/** A QR code, always dark on white: cameras read it best so. `size` is its width in CSS units. */
export function QrImage({ text, size }: { readonly text: string; readonly size: string }) {
  const { path, side } = useMemo(() => drawn(text), [text]);
  return (
    <svg
      role="img"
      aria-label="QR code of the join link"
      viewBox={`0 0 ${side} ${side}`}
      shapeRendering="crispEdges"
      style={{ width: size, maxWidth: '100%', background: 'white', borderRadius: 8, display: 'block' }}
    >
      <path d={path} fill="black" />
    </svg>
  );
}

function drawn(text: string): { readonly path: string; readonly side: number } {
  const { data, size } = encode(text, { border: 3 });
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { path: squares.join(''), side: size };
}
