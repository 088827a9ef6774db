import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import { deviceFull, deviceLost, watchDevice } from './device-loss.ts';
import type { OpenedGpu } from './gpu-backend.ts';

interface GpuAdapter {
  readonly info?: { readonly vendor: string; readonly architecture: string; readonly isFallbackAdapter?: boolean };
}
interface GpuDevice {
  readonly lost: Promise<{ readonly message: string }>;
  addEventListener(type: 'uncapturederror', listener: (event: { readonly error: object }) => void): void;
}

/** Starts the WebGPU backend; rejects where there is none (it needs a secure context). */
export async function openWebgpu(): Promise<OpenedGpu> {
  const { navigator } = globalThis as { navigator?: { gpu?: { requestAdapter: () => Promise<GpuAdapter | null> } } };
  const gpu = navigator?.gpu;
  if (!gpu) throw new Error('not offered by this browser, or the page is not served by HTTPS');
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('the browser offers no graphics adapter');
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs could not start its webgpu backend');
  // Small tensors stay on the device too: one class of numbers, and no hidden read.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  watch((tf.backend() as unknown as { device: GpuDevice }).device);
  const { vendor = 'unknown', architecture = '', isFallbackAdapter = false } = adapter.info ?? {};
  const software = isFallbackAdapter || /swiftshader|software/i.test(architecture);
  return { path: `webgpu/tfjs-${tf.version_core}/${vendor} ${architecture}`.trim(), software };
}

function watch(device: GpuDevice): void {
  watchDevice({
    lost: new Promise((_, reject) => {
      void device.lost.then(({ message }) => {
        reject(deviceLost(message));
      });
      device.addEventListener('uncapturederror', ({ error }) => {
        if (error.constructor.name === 'GPUOutOfMemoryError') reject(deviceFull());
      });
    }),
    check: () => undefined,
  });
}
