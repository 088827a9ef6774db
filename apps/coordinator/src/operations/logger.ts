import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { LoggerService } from '@nestjs/common';
import { pino, type Level, type Logger } from 'pino';

export type { Logger } from 'pino';
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/**
 * Structured lines, one JSON object each. With a folder: everything to `coordinator.jsonl` in it, warnings and worse to
 * stderr besides; without: everything to stderr. Written at once, so that nothing is lost when the process ends.
 */
export function openLogger({ level, folder }: { level: (typeof logLevels)[number]; folder: string | null }): Logger {
  const options = { level, base: { process: 'coordinator' } };
  const stderr = pino.destination({ dest: 2, sync: true });
  if (folder === null || level === 'silent') return pino(options, stderr);
  mkdirSync(folder, { recursive: true });
  const file = pino.destination({ dest: path.join(folder, 'coordinator.jsonl'), append: true, sync: true });
  // A full disk loses log lines and nothing else.
  file.on('error', () => undefined);
  const streams: { level: Level; stream: typeof file }[] = [
    { level, stream: file },
    { level: 'warn', stream: stderr },
  ];
  return pino(options, pino.multistream(streams));
}

/** What Nest has to say goes to the same place; its start-up chatter only at debug. */
export function nestLogger(logger: Logger): LoggerService {
  const nest = logger.child({ from: 'nest' });
  const text = (message: unknown): string =>
    message instanceof Error ? (message.stack ?? message.message) : String(message);
  return {
    log: (message: unknown) => nest.debug(text(message)),
    debug: (message: unknown) => nest.debug(text(message)),
    verbose: (message: unknown) => nest.trace(text(message)),
    warn: (message: unknown) => nest.warn(text(message)),
    error: (message: unknown) => nest.error(text(message)),
    fatal: (message: unknown) => nest.fatal(text(message)),
  };
}
