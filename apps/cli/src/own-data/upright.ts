/** Pixels as red, green, blue and opacity, a byte each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const orientationTag = 0x0112;
const entryBytes = 12;

/**
 * How a camera was held, 1 to 8, from the Exif block of a JPEG file (TIFF 6.0 within Exif 2.3, tag Orientation); 1, upright, where it does
 * not say. `exif` may have bytes before the TIFF header; any bytes give an answer.
 */
export function orientationOf(exif: Uint8Array | undefined): number {
  const start = exif?.findIndex((byte, i) => (byte === 0x49 || byte === 0x4d) && exif[i + 1] === byte) ?? -1;
  if (!exif || start < 0) return 1;
  const view = new DataView(exif.buffer, exif.byteOffset + start, exif.length - start);
  const little = view.getUint8(0) === 0x49;
  try {
    const list = view.getUint32(4, little);
    const entries = view.getUint16(list, little);
    for (let entry = 0; entry < entries; entry += 1) {
      const at = list + 2 + entryBytes * entry;
      if (view.getUint16(at, little) !== orientationTag) continue;
      const orientation = view.getUint16(at + 8, little);
      return orientation >= 1 && orientation <= 8 ? orientation : 1;
    }
  } catch (error) {
    // A block that ends too early says nothing.
    if (!(error instanceof RangeError)) throw error;
  }
  return 1;
}

/** The picture as it was seen, from how it is stored and how the camera was held. */
export function upright({ width, height, data }: Pixels, orientation: number): Pixels {
  const source = sources[orientation];
  if (source === undefined) return { width, height, data };
  const turned = orientation > 4;
  const [rows, columns] = turned ? [width, height] : [height, width];
  const from = new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
  const to = new Uint32Array(from.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const [y, x] = source(row, column, height - 1, width - 1);
      to[row * columns + column] = from[y * width + x]!;
    }
  }
  return { width: columns, height: rows, data: new Uint8Array(to.buffer) };
}

/** Row and column as stored of what is seen at a row and a column, by orientation; `bottom` and `right` are the last of them. */
type Source = (row: number, column: number, bottom: number, right: number) => readonly [row: number, column: number];

const sources: Readonly<Record<number, Source>> = {
  2: (row, column, _bottom, right) => [row, right - column],
  3: (row, column, bottom, right) => [bottom - row, right - column],
  4: (row, column, bottom) => [bottom - row, column],
  5: (row, column) => [column, row],
  6: (row, column, bottom) => [bottom - column, row],
  7: (row, column, bottom, right) => [bottom - column, right - row],
  8: (row, column, _bottom, right) => [column, right - row],
};
