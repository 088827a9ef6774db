/** One picture, row-major, channels last. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Values of one picture. */
export function imageSize(image: ImageShape): number {
  return image.height * image.width * image.channels;
}
