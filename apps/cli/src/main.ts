import { run } from './run.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A command with work to hand back listens too, and leaves in its own way.
  if (process.stdout.listenerCount('error') > 1) return;
  // A reader that closes the pipe early (`gradpool export … | head`) is no failure of ours.
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const exit = await run(process.argv.slice(2), (text) => process.stderr.write(text));
// Sockets that linger must not keep a finished command alive; what was written is flushed first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exit)));
