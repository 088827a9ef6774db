import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childMessage, type ChildMessage, type SubmitAnswer } from '@gradpool/protocol';

/** What a coordinator says when it serves: its URL and its tokens. */
export type Serving = Extract<ChildMessage, { type: 'ready' }>;

/** A coordinator in a process of its own, on a free port and its embedded Postgres. Throws with the reason it gives. */
export async function startCoordinator(dataDir: string): Promise<{ child: ChildProcess; serving: Serving }> {
  const entry = fileURLToPath(import.meta.resolve('@gradpool/coordinator/main'));
  const child = fork(entry, ['--port', '0', '--data-dir', dataDir, '--log-level', 'warn']);
  for (;;) {
    const [raw] = (await once(child, 'message')) as unknown[];
    const message = childMessage.parse(raw);
    if (message.type === 'fatal') throw new Error(`${message.code}: ${message.message}`);
    if (message.type === 'ready') return { child, serving: message };
  }
}

export async function stopCoordinator(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.send({ type: 'drain' });
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`the coordinator ended with ${code}`);
}

/** Submits a sweep, already parsed; throws with the coordinator's answer where it is refused. */
export async function submitSweep({ url, tokens }: Serving, spec: object): Promise<SubmitAnswer> {
  const headers = { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/sweeps`, { method: 'POST', headers, body: JSON.stringify({ spec }) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as SubmitAnswer;
}
