import { expect, test } from '@jest/globals';
import { sampleBoard, sampleTrial } from '../testing/sample-room.ts';
import { codeSentences, overfitSentences } from './detail-findings.ts';
import type { EndMap } from './end-maps.ts';

const board = sampleBoard();
const [first, second] = board.rows;
const points = (gap: number, validation: number) =>
  [
    { attempt: 1, epoch: 1, name: 'overfit_gap', value: 9 },
    { attempt: 1, epoch: 2, name: 'overfit_gap', value: gap },
    { attempt: 1, epoch: 2, name: 'validation_mse', value: validation },
  ] as const;

test('the gap after the last epoch, at the least and at the most', () => {
  const details = [
    { row: first!, points: [...points(0.002, 0.022)], pictures: null },
    { row: second!, points: [...points(-0.0002, 0.0198)], pictures: null },
  ];
  expect(overfitSentences(board, details)).toEqual([
    expect.stringMatching(/−1\.0 % \(0\.00020\) for .* at the least and \+10\.0 % \(0\.00200\) for .* at the most\.$/),
  ]);
  expect(overfitSentences(board, [{ row: first!, points: [], pictures: null }])).toEqual([]);
});

const end = (title: EndMap['title'], accuracy: number): EndMap => {
  const apart = { silhouette: 0.25, neighbourAccuracy: accuracy };
  return {
    title,
    trial: sampleTrial(title === 'Best' ? 1 : 2),
    map: { count: 0, labels: new Uint8Array(), tsne: new Float32Array(), pca: new Float32Array() },
    separation: { codes: apart, pca: apart, tsne: apart },
  };
};

test('whether the better reconstructions come with the better codes', () => {
  const said = codeSentences(board, [end('Best', 0.93), end('Worst', 0.36)]).join(' ');
  expect(said).toContain('93.0 % of the codes lie among their own class, silhouette 0.250');
  expect(said).toContain('tell classes apart better');
  expect(codeSentences(board, [end('Best', 0.3), end('Worst', 0.36)]).join(' ')).toContain('no better');
  expect(codeSentences({ ...board, metric: 'test_accuracy' }, [end('Best', 0.93), end('Worst', 0.36)])).toHaveLength(2);
  expect(codeSentences(board, [])).toEqual([]);
});
