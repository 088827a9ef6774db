import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ChildReply, Configuration } from './train-child.ts';

/** A process that trains one configuration when it is asked to. */
export interface TrainProcess {
  /** Images a second of one measurement. */
  readonly measure: () => Promise<number>;
  readonly stop: () => void;
}

/** Starts it; a text says why the configuration does not run here. */
export async function startTrainProcess(configuration: Configuration): Promise<TrainProcess | string> {
  const child = fork(fileURLToPath(new URL('train-child.js', import.meta.url)), [JSON.stringify(configuration)]);
  const answer = await replyOf(child);
  const stop = (): void => void child.kill();
  if ('ready' in answer) return { measure: () => measure(child), stop };
  stop();
  return 'error' in answer ? answer.error : 'the process measured before it was asked to';
}

async function measure(child: ChildProcess): Promise<number> {
  const answer = replyOf(child);
  child.send('measure');
  const reply = await answer;
  if ('imagesPerSecond' in reply) return reply.imagesPerSecond;
  throw new Error('error' in reply ? reply.error : 'the child did not measure');
}

async function replyOf(child: ChildProcess): Promise<ChildReply> {
  // The one that did not come would else go on listening, one more for each measurement.
  const settled = new AbortController();
  const { signal } = settled;
  const died = once(child, 'exit', { signal }).then((): ChildReply => ({ error: 'the measuring process ended' }));
  const answered = once(child, 'message', { signal }).then(([message]) => message as ChildReply);
  const reply = await Promise.race([answered, died]);
  settled.abort();
  await Promise.allSettled([answered, died]);
  return reply;
}
