export { activationGradient, biasActivate, columnSums, sigmoid } from './activation';
export { adam, momentum, sgd } from './optimizer';
export { col2im, im2col } from './convolution';
export { gemm, gemmScratchBytes } from './gemm';
export { crossEntropy, squaredError } from './loss';
export { addWholes, packWholes, squaresOfWholes } from './packed';
export { multiplyAddLoop } from './peak';
export { maxPool, maxPoolGradient } from './pooling';
export { addNoise, randomScratchBytes, uniforms } from './random';
export {
  addDoubles,
  addFixedPoint,
  addFloats,
  decodeBf16,
  decodeBlocks,
  encodeBf16,
  encodeBlocks,
  largestSize,
  packHalves,
  takeMean,
  unpackHalves,
} from './reduce';
export { transpose } from './transpose';
