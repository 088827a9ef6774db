import { exitCode } from '@gradpool/protocol';
import { CommanderError } from 'commander';
import { CliError } from './cli-error.ts';
import { buildProgram } from './program.ts';

/** Runs one command line; the answer is the exit code. Failures are said on `stderr` as `CODE: message`. */
export async function run(argv: readonly string[], stderr: (text: string) => void): Promise<number> {
  let exit: number = exitCode.ok;
  const program = buildProgram((code) => {
    exit = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    // Commander has said what it had to say; asking for help is no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.config;
    if (error instanceof CliError) {
      stderr(`${error.code}: ${error.message}\n`);
      return error.exit;
    }
    throw error;
  }
}
