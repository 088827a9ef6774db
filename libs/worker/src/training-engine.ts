import {
  computeBaselines,
  computeMicroBatches,
  embedWeights,
  judgeTrial,
  loadDataset,
  trainLane,
  trainTrial,
  validateWeights,
  type Dataset,
} from '@gradpool/training';
import type { Engine } from './engine.ts';

/** The engine of every real worker: tfjs, on the backend that the platform has opened. */
export const trainingEngine: Engine<Dataset> = {
  // `Platform.dataFile` has checked the digests.
  loadDataset: (manifest, read) => loadDataset(manifest, read, { digestsChecked: true }),
  trainTrial,
  evaluateWeights: judgeTrial,
  computeBaselines,
  embedWeights,
  validateWeights,
  computeMicroBatches,
  trainLane,
};
