import type { ImageShape } from './image-shape.ts';

/** A picture as bytes 0 to 255, [height, width, channels]: grey (1 channel) or red, green, blue (3). */
export interface Picture extends ImageShape {
  readonly data: Uint8Array;
}

/** Rec. 601 luma of the values as they are stored, as most programs turn colour to grey. */
const luma = [0.299, 0.587, 0.114] as const;

/**
 * The picture with `shape`'s size and colours, bytes [height, width, channels]. Each new pixel is the mean of the area of the old picture
 * that it covers (pixels at its rim count by the part that is covered), so that nothing is skipped; the sides are stretched
 * independently. Grey is Rec. 601 luma, and grey becomes colour by repeating it.
 */
export function resizePicture(picture: Picture, shape: ImageShape): Uint8Array {
  const coloured = withChannels(picture, shape.channels);
  const { height, width, channels } = shape;
  if (picture.height === height && picture.width === width) {
    return Uint8Array.from(coloured, (value) => Math.round(value));
  }
  const columns = spans(picture.width, width);
  const narrowed = new Float64Array(picture.height * width * channels);
  for (let row = 0; row < picture.height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      addSpan(coloured, columns[column]!, {
        ...{ into: narrowed, at: (row * width + column) * channels, channels },
        ...{ from: row * picture.width * channels, step: channels },
      });
    }
  }
  const rows = spans(picture.height, height);
  const small = new Float64Array(height * width * channels);
  for (let row = 0; row < height; row += 1) {
    addSpan(narrowed, rows[row]!, {
      ...{ into: small, at: row * width * channels, channels: width * channels },
      ...{ from: 0, step: width * channels },
    });
  }
  return Uint8Array.from(small, (value) => Math.min(255, Math.round(value)));
}

function withChannels(
  { height, width, channels, data }: Picture,
  wanted: number,
): ArrayLike<number> & Iterable<number> {
  if (channels === wanted) return data;
  const pixels = height * width;
  if (wanted === 3) return Uint8Array.from({ length: 3 * pixels }, (_, i) => data[Math.floor(i / 3)]!);
  const grey = new Float64Array(pixels);
  for (let i = 0; i < pixels; i += 1) {
    grey[i] = luma[0] * data[3 * i]! + luma[1] * data[3 * i + 1]! + luma[2] * data[3 * i + 2]!;
  }
  return grey;
}

/** The old places that a new one covers, and how much of each, adding up to 1. */
interface Span {
  readonly first: number;
  readonly weights: readonly number[];
}

function spans(before: number, after: number): Span[] {
  return Array.from({ length: after }, (_, place) => {
    // In whole numbers of 1/after: nothing is lost at the rims.
    const [start, end] = [place * before, (place + 1) * before];
    const first = Math.floor(start / after);
    const last = Math.ceil(end / after);
    const weights = Array.from({ length: last - first }, (_, i) => {
      const covered = Math.min(end, (first + i + 1) * after) - Math.max(start, (first + i) * after);
      return covered / before;
    });
    return { first, weights };
  });
}

interface Strip {
  readonly into: Float64Array;
  readonly at: number;
  /** Values that lie together. */
  readonly channels: number;
  /** Where the old places begin, and how far they lie apart. */
  readonly from: number;
  readonly step: number;
}

function addSpan(old: ArrayLike<number>, { first, weights }: Span, { into, at, channels, from, step }: Strip): void {
  for (const [i, weight] of weights.entries()) {
    const start = from + (first + i) * step;
    for (let channel = 0; channel < channels; channel += 1) {
      into[at + channel] = into[at + channel]! + weight * old[start + channel]!;
    }
  }
}
