import { expect, test } from '@jest/globals';
import { shownFigures } from './cell-figures.ts';
import { sampleRow } from './sample-row.ts';

const plain = sampleRow({ latent: 2 }, 0.05);
const measured = { ...plain, measures: { test_mse: 0.05, test_psnr: 17.456, test_ssim: 0.81234, parameters: 1234 } };
const titles = (metric: string, rows = [plain, measured]) => shownFigures({ metric, rows }).map(({ title }) => title);

test('a column is there where a cell has the figure, and never twice', () => {
  expect(titles('test_mse')).toEqual(['PSNR, dB', 'SSIM', 'Parameters']);
  expect(titles('test_ssim')).toEqual(['PSNR, dB', 'Parameters']);
  expect(titles('test_mse', [plain])).toEqual([]);
});

test('a classifier of pixels has no code, whatever was stored of it', () => {
  const parameters = { task: 'classify', features: 'pixels', latent: 32 };
  const row = { ...measured, parameters, measures: { compression_ratio: 24.5, parameters: 1 } };
  expect(titles('test_accuracy', [row])).toEqual(['Parameters']);
  expect(titles('test_accuracy', [{ ...row, parameters: { ...parameters, features: 'pca' } }])).toEqual([
    'Parameters',
    'Compression',
  ]);
});

test('figures are written in their own form, and as a dash where a cell has none', () => {
  const columns = shownFigures({ metric: 'test_mse', rows: [measured] });
  expect(columns.map(({ of }) => of(measured))).toEqual(['17.46', '0.812', '1,234']);
  expect(columns.map(({ of }) => of(plain))).toEqual(['–', '–', '–']);
});
