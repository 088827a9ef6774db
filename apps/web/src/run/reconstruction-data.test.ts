import { expect, test } from '@jest/globals';
import { bytesOfBase64, mergedEpochs } from './reconstruction-data.ts';

const at = (epoch: number, sha256: string) => ({ epoch, sha256: sha256 as never, bytes: 1 });

test('epochs stand in order, and the newest pictures of each count', () => {
  expect(mergedEpochs([at(1, 'a'), at(4, 'b')], [at(2, 'c'), at(4, 'd')])).toEqual([
    at(1, 'a'),
    at(2, 'c'),
    at(4, 'd'),
  ]);
});

test('bytes come out of base64 as they went in', () => {
  expect([...bytesOfBase64(Buffer.from([0, 127, 128, 255]).toString('base64'))]).toEqual([0, 127, 128, 255]);
});
