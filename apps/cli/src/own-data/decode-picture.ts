import { DataError, ownDatasetLimits, type Picture } from '@gradpool/experiment';
import { decode as decodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { reasonOf } from '../cli-error.ts';
import { orientationOf, upright, type Pixels } from './upright.ts';

const { picturePixelsMax, pictureBytesMax } = ownDatasetLimits;
const pngStart = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const jpegStart = [0xff, 0xd8, 0xff];
/** Of a PNG: signature, length and type of its first chunk, then width and height. */
const pngSizeAt = 16;

/**
 * Reads a PNG or JPEG file, whatever it is called. What is transparent lies on white, a JPEG stands as the camera
 * was held, and a picture without a colour comes back grey.
 * Throws DataError E_DATA_PICTURE, or E_DATA_LIMIT for one too large, with `file` named.
 */
export function decodePicture(bytes: Uint8Array, file: string): Picture {
  if (bytes.length > pictureBytesMax) {
    throw new DataError(
      'E_DATA_LIMIT',
      `${file} has ${bytes.length} bytes, at most ${pictureBytesMax} are read; take it out`,
    );
  }
  const decode = decoderOf(bytes, file);
  try {
    return fromPixels(decode(bytes));
  } catch (error) {
    if (error instanceof DataError) throw error;
    const advice = 'save it anew as PNG or JPEG, or take it out';
    throw new DataError(
      'E_DATA_PICTURE',
      `${file} cannot be read (${bytes.length} bytes; ${reasonOf(error)}); ${advice}`,
    );
  }
}

function decoderOf(bytes: Uint8Array, file: string): (bytes: Uint8Array) => Pixels {
  if (startsWith(bytes, jpegStart)) return readJpeg;
  if (startsWith(bytes, pngStart)) {
    checkPngSize(bytes, file);
    return readPng;
  }
  const seen = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const what = bytes.length === 0 ? 'is empty' : `starts with ${seen}, which is neither PNG nor JPEG`;
  throw new DataError('E_DATA_PICTURE', `${file} ${what}; save it anew as PNG or JPEG, or take it out`);
}

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);

/** Before anything is unpacked: a few bytes can claim any size. */
function checkPngSize(bytes: Uint8Array, file: string): void {
  if (bytes.length < pngSizeAt + 8) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset + pngSizeAt, 8);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  if (width * height <= picturePixelsMax) return;
  throw new DataError(
    'E_DATA_LIMIT',
    `${file} has ${width} x ${height} pixels, at most ${picturePixelsMax} are read; make it smaller, or take it out`,
  );
}

const readPng = (bytes: Uint8Array): Pixels =>
  PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));

/** What jpeg-js gives besides what its types say. */
interface WithExif {
  readonly exifBuffer?: Uint8Array;
}

function readJpeg(bytes: Uint8Array): Pixels {
  const decoded: Pixels & WithExif = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: true,
    tolerantDecoding: false,
    maxResolutionInMP: picturePixelsMax / 1e6,
    maxMemoryUsageInMB: 1_024,
  });
  return upright(decoded, orientationOf(decoded.exifBuffer));
}

const white = 255;

function fromPixels({ width, height, data }: Pixels): Picture {
  const pixels = width * height;
  const colours = new Uint8Array(3 * pixels);
  let hasColour = false;
  for (let i = 0; i < pixels; i += 1) {
    const opacity = data[4 * i + 3]! / 255;
    for (let channel = 0; channel < 3; channel += 1) {
      const value = Math.round(data[4 * i + channel]! * opacity + white * (1 - opacity));
      colours[3 * i + channel] = value;
      hasColour ||= value !== colours[3 * i];
    }
  }
  if (hasColour) return { width, height, channels: 3, data: colours };
  return { width, height, channels: 1, data: Uint8Array.from({ length: pixels }, (_, i) => colours[3 * i]!) };
}
