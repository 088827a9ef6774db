import { afterEach, expect, test } from '@jest/globals';
import { joinAs } from './testing/test-client.ts';
import { stopTestCoordinators, testCoordinator } from './testing/test-coordinator.ts';
import { trainOutcome, weightsFor } from './testing/weights.ts';

afterEach(stopTestCoordinators);

const sweepYaml = `
name: tiny
parameters:
  latent: {values: [1, 2]}
  hidden: {value: [1]}
  epochs: {value: 1}
`;

test('a sweep is trained, verified and ranked over real sockets', async () => {
  const room = await testCoordinator();
  const submitted = await room.request('/api/sweeps', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ yaml: sweepYaml }),
  });
  expect(submitted.status).toBe(200);
  const { sweepId } = (await submitted.json()) as { sweepId: string };

  const trainer = await joinAs({ url: room.url, token: room.tokens.join });
  const evaluator = await joinAs({ url: room.url, token: room.tokens.trusted }, { kind: 'evaluate' });
  evaluator.client.send({ type: 'pull', want: 1 });
  trainer.client.send({ type: 'pull', want: 1 });
  let done = 0;
  while (done < 2) {
    const { lease, work } = await trainer.client.next('lease');
    if (work.kind !== 'train') throw new Error(work.kind);
    const weights = await room.putArtifact(weightsFor(work.spec));
    trainer.client.send({ type: 'result', lease, outcome: trainOutcome(weights) });
    expect(await trainer.client.next('settled')).toMatchObject({ accepted: true });
    trainer.client.send({ type: 'pull', want: 1 });
    for (;;) {
      const { lease: judged, work: task } = await evaluator.client.next('lease');
      if (task.kind === 'verify') {
        evaluator.client.send({
          type: 'result',
          lease: judged,
          outcome: { kind: 'verify', score: 0.05, measures: {}, details: null, reason: null, durationMs: 1 },
        });
        done += 1;
      } else if (task.kind === 'baseline') {
        const values = task.tasks.map((each) => ({ ...each, testMse: 0.07 }));
        evaluator.client.send({ type: 'result', lease: judged, outcome: { kind: 'baseline', values, durationMs: 1 } });
      }
      await evaluator.client.next('settled');
      evaluator.client.send({ type: 'pull', want: 1 });
      if (task.kind === 'verify') break;
    }
  }
  const board = (await (await room.request(`/api/sweeps/${sweepId}/leaderboard`, { role: 'viewer' })).json()) as {
    rows: { n: number; mean: number }[];
  };
  expect(board.rows.map(({ n, mean }) => ({ n, mean }))).toEqual([
    { n: 1, mean: 0.05 },
    { n: 1, mean: 0.05 },
  ]);
  expect(room.faults).toEqual([]);
});
