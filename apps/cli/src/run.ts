import { exitCode } from './exit-codes.ts';
import { CommanderError, type Command } from 'commander';
import { CliError } from './cli-error.ts';
import { buildProgram } from './program.ts';

/** Runs one command line; the answer is the exit code. Failures are said as `CODE: message` on the error output. */
export async function run(argv: readonly string[], stderr: (text: string) => void): Promise<number> {
  const program = buildProgram();
  sayErrorsWithCode(program, stderr);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode.ok;
  } catch (error) {
    // Commander has said what it had to say; asking for help is no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.config;
    if (!(error instanceof CliError)) throw error;
    stderr(`${error.code}: ${error.message}\n`);
    return error.exit;
  }
}

function sayErrorsWithCode(command: Command, stderr: (text: string) => void): void {
  command.configureOutput({
    writeErr: stderr,
    outputError: (text, write) => write(`E_USAGE: ${text.replace(/^error: /, '')}`),
  });
  for (const child of command.commands) sayErrorsWithCode(child, stderr);
}
