import * as training from '@gradpool/training';
import type { Engine } from './engine.ts';

const { evaluateWeights, loadDataset, trainTrial } = training;
// Not exported yet while libs/training is being built.
const { computeBaselines } = training as unknown as Pick<Engine<training.Dataset>, 'computeBaselines'>;

/** The engine of every real worker: tfjs, on the backend that the platform has opened. */
export const trainingEngine: Engine<training.Dataset> = { loadDataset, trainTrial, evaluateWeights, computeBaselines };
