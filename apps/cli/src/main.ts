import { run } from './run.ts';

// A reader that closes the pipe early (`gradpool export … | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const exit = await run(process.argv.slice(2), (text) => process.stderr.write(text));
// Sockets that linger must not keep a finished command alive; what was written is flushed first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exit)));
