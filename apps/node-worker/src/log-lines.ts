import type { LogLevel } from '@gradpool/worker';

const severity: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Writes one line a message, with its time (UTC) and level, to `write`. Below `least` nothing is written. */
export function logLines(least: LogLevel, write: (line: string) => void): (level: LogLevel, message: string) => void {
  return (level, message) => {
    if (severity[level] < severity[least]) return;
    const oneLine = message.replace(/\s*[\r\n]+\s*/g, ' ');
    write(`${new Date().toISOString()} ${level.padEnd(5)} ${oneLine}\n`);
  };
}
