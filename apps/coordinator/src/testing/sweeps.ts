import type { SubmitAnswer } from '@gradpool/protocol';
import type { TestCoordinator } from './test-coordinator.ts';

/** One cell with the smallest model, so that its weights are a few kilobytes. */
export const tinySweep = (name = 'tiny') => ({
  name,
  parameters: { latent: { value: 1 }, hidden: { value: [1] }, epochs: { value: 1 } },
});

export const postJson = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Submits a sweep by its plain object. */
export async function submit(room: TestCoordinator, spec: object = tinySweep()): Promise<SubmitAnswer> {
  const answer = await room.request('/api/sweeps', postJson({ spec }));
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as SubmitAnswer;
}
