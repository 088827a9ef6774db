import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { CommanderError } from 'commander';
import { exitCode, type ChildMessage, type ErrorCode } from '@gradpool/protocol';
import {
  failureOf,
  openEngineThreads,
  threadedEngine,
  runWorker,
  type EngineThreads,
  type Failure,
  type Platform,
} from '@gradpool/worker';
import { readArguments, type Arguments } from './arguments.ts';
import { shareBytes, shareNumbers, startEngineThread } from './engine-threads.ts';
import { logLines } from './log-lines.ts';
import { nodeClock, nodePlatform } from './node-platform.ts';
import { onStopAsked } from './stop-signals.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** The same start would fail again: a supervisor must not repeat it. */
const hopeless: ReadonlySet<string> = new Set<ErrorCode>([
  'E_TOKEN',
  'E_ROLE',
  'E_ORIGIN',
  'E_VERSION',
  'E_REPLACED',
  'E_BACKEND_NONE',
]);

/** A fresh engine follows each that fails; so many failures in a row are not the engines' fault. */
const backendFailuresMax = 8;

// Vectors of pooled rounds come and go; by itself V8 would collect the whole heap for nearly each of them. Holds for engine threads too.
setFlagsFromString('--heap-growing-percent=300');
await main();

async function main(): Promise<void> {
  const args = argumentsOrExit();
  // A parent that was killed has taken the other end of these pipes along; that must not keep us from draining.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const log = logLines(args.logLevel, (line) => process.stderr.write(line));
  const stopping = new AbortController();
  onStopAsked({
    drain: () => {
      if (!stopping.signal.aborted) log('info', 'stopping: handing back what is not finished');
      stopping.abort();
    },
    again: () => process.exit(exitCode.failed),
  });
  const failure = await work(args, log, stopping.signal);
  if (failure) {
    log('error', `${failure.code}: ${failure.message}`);
    await tellParent({ type: 'fatal', ...failure });
  }
  process.exit(failure === null ? exitCode.ok : hopeless.has(failure.code) ? exitCode.config : exitCode.failed);
}

/** Null after an orderly drain. */
async function work(args: Arguments, log: Platform['log'], drain: AbortSignal): Promise<Failure | null> {
  log('info', `gradpool worker ${args.name} (${args.kind}) for ${args.url}`);
  try {
    const threads = await openEngines(args, log);
    const platform = nodePlatform(args, { log, openBackend: () => Promise.resolve(threads.backend) });
    const end = await runWorker(platform, threadedEngine(threads, shareBytes, shareNumbers), {
      name: args.name,
      kind: args.kind,
      platformName: `node ${process.versions.node} ${process.platform}-${process.arch}`,
      slots: threads.slots,
      codeVersion: version,
      drain,
      limits: { checkpointMs: args.checkpointMs, backendFailuresMax },
      onNews: (news) => {
        if (news.type !== 'joined') return;
        log('info', `joined as ${news.workerId}`);
        void tellParent({ type: 'joined', workerId: news.workerId });
      },
    });
    return end.code === null ? null : { code: end.code, message: end.message };
  } catch (error) {
    return failureOf(error);
  }
}

async function openEngines(args: Arguments, log: Platform['log']): Promise<EngineThreads> {
  const entry = new URL('./engine-thread.js', import.meta.url);
  const threads = await openEngineThreads({
    engines: args.threads,
    jobsPerEngine: args.slots,
    startThread: (handlers) => startEngineThread(entry, handlers),
    wish: { candidates: args.backends, kernels: args.kernels },
    clock: nodeClock,
    log,
  });
  const { name, report, imagesPerSecond, numericClass } = threads.backend;
  // The plain JavaScript backend is many times slower: whoever ends up there should read why.
  const level = name === 'cpu' ? 'warn' : 'debug';
  for (const line of report) log(level, `backend ${line}`);
  const engines = `${threads.slots / args.slots} engine(s)`;
  log('info', `backend ${name}, ${engines}, ${Math.round(imagesPerSecond)} images/s each (${numericClass})`);
  return threads;
}

function argumentsOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2), version);
  } catch (error) {
    // commander has said what is wrong; asking for help or the version is no failure.
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exitCode.ok : exitCode.config);
    throw error;
  }
}

/** Resolves when the parent has it, or at once where there is none. */
function tellParent(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || !process.send) return resolve();
    process.send(message, () => {
      resolve();
    });
  });
}
