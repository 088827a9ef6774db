import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const logLimits = { fileBytesMax: 8_000_000, tailLines: 12, lineCharsMax: 400 } as const;

/**
 * What a child process prints: appended to a file that is set aside as `*.old` when it grows too large, the last lines
 * kept at hand for the moment it dies. Writing is synchronous, so nothing is lost when this process ends; a full disk
 * loses log lines and nothing else.
 */
export class LogFile {
  readonly path: string;
  #file: number | null = null;
  #bytes = 0;
  #partial = '';
  #tail: string[] = [];

  constructor(path: string) {
    this.path = path;
    mkdirSync(dirname(path), { recursive: true });
    this.#open();
  }

  write(text: string): void {
    this.#remember(text);
    try {
      if (this.#bytes > logLimits.fileBytesMax) this.#rotate();
      if (this.#file !== null) this.#bytes += writeSync(this.#file, text);
    } catch {
      // A log that cannot be written must not stop the work it tells about.
    }
  }

  /** The last lines printed, oldest first. */
  tail(): string[] {
    return [...this.#tail, ...(this.#partial ? [this.#partial] : [])].slice(-logLimits.tailLines);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #open(): void {
    try {
      this.#file = openSync(this.path, 'a');
      this.#bytes = statSync(this.path).size;
    } catch {
      this.#file = null;
    }
  }

  #rotate(): void {
    this.close();
    rmSync(`${this.path}.old`, { force: true });
    renameSync(this.path, `${this.path}.old`);
    this.#open();
  }

  #remember(text: string): void {
    const lines = (this.#partial + text).split(/\r?\n/);
    this.#partial = (lines.pop() ?? '').slice(0, logLimits.lineCharsMax);
    const kept = lines.filter(Boolean).map((line) => line.slice(0, logLimits.lineCharsMax));
    this.#tail = [...this.#tail, ...kept].slice(-logLimits.tailLines);
  }
}
