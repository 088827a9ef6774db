import { describe, expect, test } from '@jest/globals';
import { baselineTasks } from './baseline-tasks.ts';
import { extendSweep } from './extend-sweep.ts';
import { datasetDigest, type DatasetManifest, knownDatasets } from './manifest.ts';
import { parseSweep } from './parse-sweep.ts';
import { planCells } from './plan.ts';
import { sweepHash } from './sweep-hash.ts';

const leaves: DatasetManifest = {
  name: 'leaves',
  image: { height: 33, width: 20, channels: 3 },
  classes: 3,
  classNames: ['ash', 'elm', 'oak'],
  train: { images: 240 },
  test: { images: 60 },
  files: [],
};
const datasets = [...knownDatasets, leaves];
const text = (more = '', name = 'leaves') =>
  `name: x\nparameters:\n  dataset: {value: ${name}}\n  latent: {values: [2, 8]}\n  validation_images: {value: 20}\n${more}`;

const refusal = (yaml: string, known: readonly DatasetManifest[] = datasets): string => {
  const result = parseSweep(yaml, known);
  return result.ok ? 'accepted' : `${result.code} ${result.message}`;
};

describe('[S15] the data set of a sweep is one of those that the coordinator has', () => {
  test('and is planned by its own sizes', () => {
    const parsed = parseSweep(text(), datasets);
    if (!parsed.ok) throw new Error(parsed.message);
    const [cell] = planCells(parsed.sweep, leaves);
    expect(cell?.trials[0]?.spec.dataset).toBe('leaves');
    expect(() => planCells(parsed.sweep)).toThrow('leaves is known to its coordinator only');
    expect(baselineTasks(parsed.sweep, leaves).map(({ baseline }) => baseline)).toEqual(['mean_image', 'pca', 'pca']);
    const extended = extendSweep(parsed.sweep, { parameters: { latent: [4] } }, datasets);
    expect(extended).toMatchObject({ ok: true });
  });

  test('its content is part of the sweep', () => {
    const parsed = parseSweep(text(), datasets);
    if (!parsed.ok) throw new Error(parsed.message);
    const digests = [leaves, { ...leaves, train: { images: 241 } }].map(datasetDigest);
    expect(new Set(digests.map((digest) => sweepHash(parsed.sweep, digest))).size).toBe(2);
  });

  test('others are refused with those that there are', () => {
    expect(refusal(text(), knownDatasets)).toBe(
      'E_SWEEP_DATASET line 3: parameters.dataset is "leaves"; known are mnist, fashion-mnist, cifar-10; add it with: gradpool data add leaves FOLDER',
    );
    expect(refusal(text('', 'leafs'))).toMatch(/known are .*, leaves; did you mean leaves\?$/);
    expect(refusal(text('', 'Leaves'))).toMatch(/^E_SWEEP_VALUE line 3: .*small letters/);
  });

  test('small ones leave room for validation', () => {
    expect(refusal(text().replace('value: 20', 'value: 240'))).toBe(
      'E_SWEEP_VALUE line 5: parameters.validation_images is 240, and leaves has 240 images to train on; hold out fewer, for example validation_images: {value: 24}',
    );
    expect(refusal(text().replace(/ {2}validation.*\n/, ''))).toMatch(
      /validation_images is 5000, and leaves has 240 images/,
    );
  });

  test('convolutions must fit its sides', () => {
    const cnn = '  model: {value: cnn}\n  kernel_size: {value: 4}\n  padding: {value: 1}\n';
    expect(refusal(text(cnn))).toMatch(/^E_SWEEP_MODEL_SHAPE .*\(33 - 4 \+ 2\*1\)\/2 \+ 1 = 16\.5/);
  });

  test('a single class can be reconstructed, and nothing else', () => {
    const single = [{ ...leaves, classes: 1 }];
    expect(refusal(text(), single)).toBe('accepted');
    for (const task of ['classify', 'anomaly']) {
      expect(refusal(text(`  task: {value: ${task}}\n`), single)).toMatch(/it takes two classes, and leaves has 1$/);
    }
    expect(refusal(text('  task: {value: anomaly}\n  anomaly_class: {value: 3}\n'))).toMatch(/expected 0 to 2$/);
  });
});
