export * from './adam.ts';
export { codecNames, codecs, type Codec, type CodecName } from './codecs.ts';
export * from './digest.ts';
export * from './fixed-point.ts';
export * from './optimizers.ts';
export * from './parameter-bytes.ts';
export * from './parameter-layout.ts';
export { philox4x32 } from './philox.ts';
export * from './random.ts';
