export { adam } from './adam';
export { gemm, gemmScratchBytes } from './gemm';
export { multiplyAddLoop } from './peak';
