import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgl';
import { deviceFull, deviceLost, watchDevice } from './device-loss.ts';
import type { OpenedGpu } from './gpu-backend.ts';

const software = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** Of WebGLRenderingContext. */
interface Gl {
  readonly canvas: { addEventListener(type: 'webglcontextlost', listener: () => void): void };
  readonly RENDERER: number;
  readonly OUT_OF_MEMORY: number;
  isContextLost(): boolean;
  getError(): number;
  getParameter(name: number): unknown;
  getExtension(name: 'WEBGL_debug_renderer_info'): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
}

/** Starts the WebGL backend; rejects where it does not start or cannot render 32-bit floats. */
export async function openWebgl(): Promise<OpenedGpu> {
  if (!(await tf.setBackend('webgl'))) throw new Error('tfjs could not start its webgl backend');
  if (tf.env().get('WEBGL_RENDER_FLOAT32_ENABLED') !== true) throw new Error('the device has no 32-bit float textures');
  // Small tensors stay on the device too: one class of numbers, and no hidden read.
  tf.env().set('WEBGL_CPU_FORWARD', false);
  const { gl } = (tf.backend() as unknown as { gpgpu: { gl: Gl } }).gpgpu;
  watch(gl);
  const named = gl.getExtension('WEBGL_debug_renderer_info');
  const device = String(gl.getParameter(named?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  return { path: `webgl/tfjs-${tf.version_core}/${device}`, software: software.test(device) };
}

function watch(gl: Gl): void {
  watchDevice({
    lost: new Promise((_, reject) => {
      gl.canvas.addEventListener('webglcontextlost', () => {
        reject(deviceLost('webglcontextlost'));
      });
    }),
    check: () => {
      if (gl.isContextLost()) throw deviceLost('webglcontextlost');
      if (gl.getError() === gl.OUT_OF_MEMORY) throw deviceFull();
    },
  });
}
