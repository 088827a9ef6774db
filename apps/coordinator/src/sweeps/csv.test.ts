import type { Digest, ExportRow, WorkerId } from '@gradpool/protocol';
import { expect, test } from '@jest/globals';
import { csvHead, csvLine } from './csv.ts';

const row: ExportRow = {
  sweep: 'a "quoted", name',
  parameters: { latent: 8, hidden: [512, 256] },
  seed: 0,
  metric: 'test_mse',
  score: 0.0179,
  claimedScore: null,
  measures: { test_psnr: 17.5 },
  validationMse: 0.018,
  specHash: 'a'.repeat(64) as Digest,
  codeVersion: '0.1.0',
  dataset: 'b'.repeat(64) as Digest,
  weightsSha256: null,
  worker: null as WorkerId | null,
  verifiedBy: null,
  backend: '=HYPERLINK("http://evil.example")',
  numericClass: 'wasm\nsimd',
  placement: 'alone',
  bitExact: true,
  durationMs: 12,
  attempts: 1,
};

test('quotes what needs it, gives parameters columns, and leaves no formula for a spreadsheet', () => {
  const names = { parameters: ['latent', 'hidden'], measures: ['test_psnr', 'test_ssim'] };
  expect(csvHead(names)).toBe(
    'sweep,latent,hidden,seed,metric,score,claimedScore,validationMse,test_psnr,test_ssim,specHash,codeVersion,dataset,weightsSha256,worker,verifiedBy,backend,numericClass,placement,bitExact,durationMs,attempts\r\n',
  );
  expect(csvLine(names, row)).toBe(
    `"a ""quoted"", name",8,"[512,256]",0,test_mse,0.0179,,0.018,17.5,,${'a'.repeat(64)},0.1.0,${'b'.repeat(64)},,,,"'=HYPERLINK(""http://evil.example"")","wasm\nsimd",alone,true,12,1\r\n`,
  );
});
