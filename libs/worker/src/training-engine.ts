import { computeBaselines, evaluateWeights, loadDataset, trainTrial, type Dataset } from '@gradpool/training';
import type { Engine } from './engine.ts';

/** The engine of every real worker: tfjs, on the backend that the platform has opened. */
export const trainingEngine: Engine<Dataset> = { loadDataset, trainTrial, evaluateWeights, computeBaselines };
