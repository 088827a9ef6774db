import { hostname } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isToken, socketUrl, wireLimits } from '@gradpool/protocol';

const leasesMax = wireLimits.leasesPerWorkerMax;

export interface Arguments {
  /** The coordinator, without a slash at its end. */
  readonly url: string;
  readonly token: string;
  readonly name: string;
  readonly kind: 'train' | 'evaluate';
  /** Tells several workers of one name on one machine apart. */
  readonly index: number;
  readonly dataDir: string;
  /** Engines that compute side by side. */
  readonly threads: number;
  /** Leases that one engine works on, turn by turn. */
  readonly slots: number;
  readonly checkpointMs: number;
  readonly backends: readonly ('tensorflow' | 'wasm' | 'cpu')[];
  /** Whose kernels the wasm backend computes with. */
  readonly kernels: 'own' | 'stock';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

interface Parsed extends Omit<Arguments, 'slots' | 'checkpointMs' | 'backends'> {
  readonly slots?: number;
  readonly checkpointSeconds: number;
  readonly backend?: Arguments['backends'][number];
}

/** Reads the command line (without the two leading words). Throws commander's CommanderError on anything wrong. */
export function readArguments(argv: readonly string[], version: string): Arguments {
  const program = command(version).parse(argv, { from: 'user' });
  const { slots: asked, checkpointSeconds, backend, ...parsed } = program.opts<Parsed>();
  // An evaluator judges beside a long baseline instead of after it.
  const slots = asked ?? (parsed.kind === 'evaluate' ? 2 : 1);
  if (parsed.threads * slots > leasesMax) {
    program.error(`error: ${parsed.threads} threads with ${slots} leases each are more than ${leasesMax} leases.`);
  }
  return {
    ...parsed,
    dataDir: path.resolve(parsed.dataDir),
    slots,
    checkpointMs: checkpointSeconds * 1000,
    backends: backend ? [backend] : ['tensorflow', 'wasm', 'cpu'],
  };
}

function command(version: string): Command {
  return new Command('gradpool-worker')
    .description('Joins a gradpool coordinator and works for it until it is stopped.')
    .version(version)
    .exitOverride()
    .addOption(
      new Option('--url <url>', 'the coordinator, as printed by gradpool up').makeOptionMandatory().argParser(readUrl),
    )
    .addOption(
      new Option('--token <token>', 'its join token (trusted for --kind evaluate)')
        .env('GRADPOOL_TOKEN')
        .makeOptionMandatory()
        .argParser(readToken),
    )
    .addOption(new Option('--name <name>', 'shown to people').default(hostname().slice(0, 40)).argParser(readName))
    .addOption(new Option('--kind <kind>', 'what it does').choices(['train', 'evaluate']).default('train'))
    .addOption(
      new Option('--index <n>', 'number among the workers of this name here').default(0).argParser(readWhole(0, 9_999)),
    )
    .addOption(new Option('--data-dir <folder>', 'for data sets and the identity').default('.gradpool'))
    .addOption(
      new Option('--threads <n>', 'engines that compute side by side, each with a lease of its own')
        .default(1)
        .argParser(readWhole(1, leasesMax)),
    )
    .addOption(
      new Option('--slots <n>', 'leases that one engine takes turns with (default: 1, evaluators 2)').argParser(
        readWhole(1, leasesMax),
      ),
    )
    .addOption(
      new Option('--checkpoint-seconds <s>', 'at most one checkpoint in this long')
        .default(10)
        .argParser(readWhole(1, 3_600)),
    )
    .addOption(
      new Option('--backend <name>', 'use this one instead of the fastest').choices(['tensorflow', 'wasm', 'cpu']),
    )
    .addOption(
      // For benches: what the same work takes on the kernels that tfjs brings.
      new Option('--kernels <whose>').choices(['own', 'stock']).default('own').env('GRADPOOL_KERNELS').hideHelp(),
    )
    .addOption(
      new Option('--log-level <level>', 'least severe line to print')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    );
}

function readUrl(text: string): string {
  try {
    socketUrl(text);
  } catch {
    throw new InvalidArgumentError(`E_URL: expected an http:// or https:// URL such as http://127.0.0.1:7770.`);
  }
  return text.replace(/\/+$/, '');
}

function readToken(text: string): string {
  if (isToken(text)) return text;
  throw new InvalidArgumentError('E_TOKEN: a token is 1 to 256 letters, digits, "-" or "_".');
}

function readName(text: string): string {
  if (text.length > 0 && text.length <= wireLimits.nameCharsMax) return text;
  throw new InvalidArgumentError(`expected 1 to ${wireLimits.nameCharsMax} characters.`);
}

function readWhole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max && text.trim() !== '') return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  };
}
