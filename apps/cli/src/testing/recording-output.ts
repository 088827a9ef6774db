import type { Output } from '../screen/output.ts';
import { plainLook } from '../screen/paint.ts';

/** An output that keeps what it is told. */
export interface RecordingOutput extends Output {
  readonly lines: string[];
  readonly values: unknown[];
  /** Everything said so far, as one text. */
  text(): string;
}

export function recordingOutput(mode: Output['mode'] = 'plain', columns = 100): RecordingOutput {
  const lines: string[] = [];
  const values: unknown[] = [];
  return {
    mode,
    lines,
    values,
    text: () => lines.join('\n'),
    look: () => plainLook(columns),
    rows: () => 40,
    say: (said) => {
      if (mode !== 'json') lines.push(...said);
    },
    json: (value) => {
      if (mode === 'json') values.push(value);
    },
    frame: () => undefined,
    endFrame: () => undefined,
  };
}
