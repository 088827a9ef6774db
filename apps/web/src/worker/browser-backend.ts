import simdUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import plainUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import { openBackend, type Backend, type OpenBackendOptions } from '@gradpool/training';

const wasmPaths = { 'tfjs-backend-wasm.wasm': plainUrl, 'tfjs-backend-wasm-simd.wasm': simdUrl };

/** Opens a backend in this thread, as `openBackend`, from the files that lie beside the page. */
export const openBrowserBackend = (wish: OpenBackendOptions): Promise<Backend> => openBackend({ ...wish, wasmPaths });
