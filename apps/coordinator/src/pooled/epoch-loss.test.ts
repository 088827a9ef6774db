import { expect, test } from '@jest/globals';
import { trialSpec } from '@gradpool/experiment';
import { noteRound, startEpochLoss } from './epoch-loss.ts';

const spec = trialSpec.parse({ latent: 2, seed: 0, loss: 'bce' });

test('[P8] an epoch has the mean loss of its rounds by images, and its speed', () => {
  const held = startEpochLoss(0, 1_000);
  expect(noteRound(held, [{ loss: 1, images: 30 }], { spec, epoch: 0, now: 2_000 })).toEqual([]);
  const updates = [
    { loss: 3, images: 10 },
    { loss: 2, images: 20 },
  ];
  expect(noteRound(held, updates, { spec, epoch: 1, now: 3_000 })).toEqual([
    { epoch: 1, name: 'train_bce', value: 100 / 60 },
    { epoch: 1, name: 'images_per_second', value: 30 },
  ]);
  expect(noteRound(held, [{ loss: 5, images: 10 }], { spec, epoch: 3, now: 4_000 })).toMatchObject([
    { epoch: 3, value: 5 },
    { epoch: 3, value: 10 },
  ]);
});

test('[P8] a sparse or variational model has an objective, which is no error per pixel', () => {
  const sparse = trialSpec.parse({ latent: 2, seed: 0, code: 'l1' });
  const [point] = noteRound(startEpochLoss(4, 0), [{ loss: 1, images: 1 }], { spec: sparse, epoch: 5, now: 1 });
  expect(point).toEqual({ epoch: 5, name: 'train_objective', value: 1 });
});
