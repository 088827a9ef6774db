export * from './digest.ts';
export * from './parameter-bytes.ts';
export * from './parameter-layout.ts';
export { philox4x32 } from './philox.ts';
export * from './random.ts';
