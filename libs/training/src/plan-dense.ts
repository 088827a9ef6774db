import type { Kernels } from '@gradpool/kernels';
import type { DenseLayer } from '@gradpool/experiment';
import { activationKind, type LayerPlace, type LayerPlan } from './layer-plan.ts';

/** y = a(x W + b), x [count, inputs], W [inputs, outputs]: dW = x^T dz, dx = dz W^T. */
export function planDense(kernels: Kernels, layer: DenseLayer, place: LayerPlace): LayerPlan {
  const { inputs, outputs } = layer;
  const { kernel, bias, kernelGradient, biasGradient, x, y, z, dy, dx, scratch } = place;
  const kind = activationKind(layer);
  return {
    forward(count) {
      kernels.gemm(0, 0, count, outputs, inputs, x, inputs, kernel, outputs, z, outputs, 0, scratch);
      kernels.biasActivate(kind, z, y, bias, count, outputs);
    },
    backward(count) {
      kernels.activationGradient(kind, dy, z, y, count * outputs);
      kernels.gemm(1, 0, inputs, outputs, count, x, inputs, dy, outputs, kernelGradient, outputs, 0, scratch);
      kernels.columnSums(dy, count, outputs, biasGradient);
      if (dx !== 0) kernels.gemm(0, 1, count, inputs, outputs, dy, outputs, kernel, outputs, dx, inputs, 0, scratch);
    },
  };
}
