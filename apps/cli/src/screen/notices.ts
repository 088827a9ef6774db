import type { Look } from './paint.ts';
import { describeEnding } from '../supervision/restart-policy.ts';
import type { Death } from '../supervision/supervised-child.ts';
import { clip } from './table.ts';
import { formatDuration } from './units.ts';

const linesMax = 6;

/** What is said when a supervised process died: what happened, what follows, its last words, where the rest is. */
export function deathLines(death: Death, logPath: string, look: Look): string[] {
  const { paint } = look;
  const { name, ending, decision, fatal } = death;
  const next = decision.restart
    ? paint.yellow(`it starts again in ${formatDelay(decision.delayMs)}`)
    : paint.red(`it stays down: ${decision.reason}`);
  return [
    `  ${paint.yellow(name)} stopped unexpectedly (${describeEnding(ending)}); ${next}`,
    ...(fatal ? [`    ${fatal.code}: ${fatal.message}`] : []),
    ...lastWords(death).map((line) => paint.dim(`    | ${line}`)),
    paint.dim(`    its log: ${logPath}`),
  ].map((line) => clip(line, look));
}

/** The last lines it printed, but for those that repeat what it told its parent. */
function lastWords({ tail, fatal }: Death): string[] {
  const lines = tail.map(readableLogLine);
  return lines.filter((line) => fatal === null || !line.includes(fatal.message)).slice(-linesMax);
}

const formatDelay = (ms: number): string => (ms < 1000 ? `${ms / 1000} s` : formatDuration(ms));

/** Structured log lines are shown by their message alone. */
export function readableLogLine(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { msg, err } = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } };
    const texts = [msg, err?.message].filter((text) => typeof text === 'string' && text !== '');
    return texts.length > 0 ? [...new Set(texts)].join(': ') : line;
  } catch {
    return line;
  }
}
