import type { Output } from './output.ts';
import { formatDuration } from './units.ts';

const frameMs = 500;

/** Says what is being waited for, on a terminal with the time that has passed; the answer takes it away. */
export function showWaiting(output: Output, text: string): () => void {
  const { paint } = output.look();
  if (output.mode !== 'live') {
    output.say([`  ${text} …`]);
    return () => undefined;
  }
  const startedAt = performance.now();
  const draw = () => output.frame([paint.dim(`  ${text} … ${formatDuration(performance.now() - startedAt)}`)]);
  draw();
  const timer = setInterval(draw, frameMs);
  return () => {
    clearInterval(timer);
    output.endFrame();
  };
}
