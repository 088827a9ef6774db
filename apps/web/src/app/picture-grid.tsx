import { useEffect, useRef } from 'react';
import type { ImageShape } from '@gradpool/experiment';
import classes from './picture-grid.module.css';

export interface PictureGridProps {
  /** Bytes 0 to 255, [rows x columns, height, width, channels], row by row; null leaves the grid black. */
  readonly pixels: Uint8Array | null;
  readonly columns: number;
  readonly rows: number;
  readonly image: ImageShape;
  /** For those who do not see it. */
  readonly label: string;
}

/** Pictures side by side, drawn at their own size and enlarged by the browser. */
export function PictureGrid({ pixels, columns, rows, image, label }: PictureGridProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { height, width, channels } = image;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    const size = { height, width, channels };
    if (context && pixels) context.putImageData(imageOf({ pixels, columns, rows, image: size }), 0, 0);
  }, [pixels, columns, rows, height, width, channels]);
  return (
    <canvas
      ref={canvas}
      width={width * columns}
      height={height * rows}
      role="img"
      aria-label={label}
      className={classes['pictures']}
    />
  );
}

type Drawn = Pick<PictureGridProps, 'columns' | 'rows' | 'image'> & { readonly pixels: Uint8Array };

/** One channel is grey, three are red, green and blue. */
function imageOf({ pixels, columns, rows, image: { height, width, channels } }: Drawn): ImageData {
  const image = new ImageData(width * columns, height * rows);
  for (let picture = 0; picture < columns * rows; picture += 1) {
    const corner = Math.floor(picture / columns) * height * image.width + (picture % columns) * width;
    for (let i = 0; i < width * height; i += 1) {
      const from = (picture * width * height + i) * channels;
      const to = 4 * (corner + Math.floor(i / width) * image.width + (i % width));
      for (let c = 0; c < 3; c += 1) image.data[to + c] = pixels[from + Math.min(c, channels - 1)]!;
      image.data[to + 3] = 255;
    }
  }
  return image;
}
