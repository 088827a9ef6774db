import { describe, expect, test } from '@jest/globals';
import { createState, step, sweepView, trialsOf } from './index.ts';
import { evaluator, leaseSent, noRows, plan, ran, trained, trainer, verified, type Run } from './fixtures.ts';

describe('step', () => {
  test('[T1] a trial goes from submit over pull, result and verification to a complete sweep', () => {
    const run: Run = { ...createState(noRows, 0), env: ran() };
    const submitted = plan({ cells: [1], seeds: 1 });
    const first = step(run.state, { type: 'sweepSubmitted', requestId: 'r1', plan: submitted }, run.env);
    expect(first.at(-3)?.type === 'reply' || first.some((effect) => effect.type === 'reply')).toBe(true);
    step(run.state, { type: 'workerArrived', worker: trainer('a') }, run.env);
    step(run.state, { type: 'workerArrived', worker: evaluator('e') }, run.env);
    step(run.state, { type: 'pulled', workerId: evaluator('e').workerId, want: 1 }, run.env);
    const grant = leaseSent(step(run.state, { type: 'pulled', workerId: trainer('a').workerId, want: 1 }, run.env));
    expect(grant?.work.kind).toBe('train');
    const after = step(run.state, trained('a', grant, 0.01), run.env);
    const check = leaseSent(after);
    expect(check?.work.kind).toBe('verify');
    step(run.state, verified('e', check, 0.01), run.env);
    const sweepId = submitted.sweep.sweepId;
    expect(trialsOf(run.state, sweepId)[0]).toMatchObject({ state: 'complete', testMse: 0.01, claimedTestMse: 0.01 });
    expect(sweepView(run.state, sweepId, 0)?.state).toBe('complete');
  });
});
