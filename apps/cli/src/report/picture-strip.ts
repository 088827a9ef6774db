import { differenceColours } from '@gradpool/experiment';
import { encode } from 'fast-png';
import type { CellPictures } from './report-data.ts';

const gapPixels = 2;
const channelsOut = 4;

type Shape = Pick<CellPictures, 'images' | 'image'>;
/** Red, green and blue. */
type Rgb = ArrayLike<number> & Iterable<number>;

/** The pictures beside each other, as they are: a PNG as a data address. `bytes` are [images, height, width, channels]. */
export function pictureStrip(bytes: Uint8Array, shape: Shape): string {
  const { channels } = shape.image;
  return strip(shape, (pixel) => {
    const value = (channel: number): number => bytes[pixel * channels + Math.min(channel, channels - 1)] ?? 0;
    return [value(0), value(1), value(2)];
  });
}

/** Where `made` is brighter than `wanted` (red) or darker (blue), the mean over channels; white where they agree. */
export function differenceStrip(made: Uint8Array, wanted: Uint8Array, shape: Shape): string {
  const colours = differenceColours(made, wanted, shape.image.channels);
  return strip(shape, (pixel) => colours.subarray(3 * pixel, 3 * pixel + 3));
}

/** `colour` is asked for each pixel of each picture, counted through; the gaps stay clear. */
function strip({ images, image }: Shape, colour: (pixel: number) => Rgb): string {
  const { height, width: across } = image;
  const width = images * (across + gapPixels) - gapPixels;
  const data = new Uint8Array(width * height * channelsOut);
  for (let pixel = 0; pixel < images * height * across; pixel += 1) {
    const picture = Math.floor(pixel / (height * across));
    const row = Math.floor(pixel / across) % height;
    const column = picture * (across + gapPixels) + (pixel % across);
    data.set([...colour(pixel), 255], (row * width + column) * channelsOut);
  }
  const png = encode({ width, height, data, channels: channelsOut });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
