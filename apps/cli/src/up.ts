import { readFileSync } from 'node:fs';
import { exitCode, type SweepView } from '@gradpool/protocol';
import { localUrl, remoteUrls } from './addresses.ts';
import { openApi, type Api } from './api.ts';
import { CliError, configError, reasonOf } from './cli-error.ts';
import { systemClock } from './clock.ts';
import {
  hasTokens,
  logFolder,
  openDataFolder,
  readServing,
  removeServing,
  writeServing,
  type Tokens,
} from './data-folder.ts';
import { deferred } from './deferred.ts';
import { deathLines } from './notices.ts';
import type { Output } from './output.ts';
import { shortPath } from './paths.ts';
import { failureLines, reportLines } from './report.ts';
import { isSettled } from './room.ts';
import { RoomDisplay } from './room-display.ts';
import { listenForStop, pressCounter } from './stop-signals.ts';
import type { Death } from './supervised-child.ts';
import { Supervisor } from './supervisor.ts';
import { formatPlural } from './units.ts';
import { welcomeLines } from './welcome.ts';

export interface UpOptions {
  readonly workers: number;
  readonly host: string;
  readonly port: number;
  /** Absolute path. */
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  /** Sweep file to submit; null for none. */
  readonly sweepFile: string | null;
  /** Leave after the table. */
  readonly once: boolean;
  readonly output: Output;
  /** The programs to supervise. */
  readonly entries: { readonly coordinator: string; readonly worker: string };
}

const coordinatorName = 'coordinator';
const evaluatorName = 'evaluator';

/** Runs coordinator, evaluator and workers until told to stop; the answer is the exit code. */
export async function up(options: UpOptions): Promise<number> {
  const yaml = options.sweepFile === null ? null : readSweepFile(options.sweepFile);
  openDataFolder(options.dataDir);
  const run = new UpRun(options, yaml);
  try {
    return await run.toTheEnd();
  } finally {
    run.release();
  }
}

export function readSweepFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw configError('E_FILE', `cannot read the sweep file ${path} (${reasonOf(error)}); check the path`);
  }
}

interface Served {
  readonly url: string;
  readonly tokens: Tokens;
}

class UpRun {
  readonly #options: UpOptions;
  readonly #yaml: string | null;
  readonly #supervisor: Supervisor;
  readonly #firstStart: boolean;
  readonly #joined = new Set<string>();
  readonly #stopListening: () => void;
  #display: RoomDisplay | null = null;
  #wanted: string | null = null;
  #served: Served | null = null;
  #hint = 'Ctrl-C stops; finished work is kept';
  /** Settled once: by a stop signal, by the end of the sweep under --once, or by a failure that ends the run. */
  readonly #end = deferred<void>();
  readonly #ready = deferred<Served>();

  constructor(options: UpOptions, yaml: string | null) {
    this.#options = options;
    this.#yaml = yaml;
    this.#firstStart = !hasTokens(options.dataDir);
    this.#supervisor = new Supervisor({
      logFolder: logFolder(options.dataDir),
      onMessage: (name, message) => {
        if (message.type === 'ready') this.#serves({ url: localUrl(message.url), tokens: message.tokens });
        if (message.type === 'joined') this.#joined.add(name);
      },
      onDeath: (death) => this.#died(death),
    });
    const pressed = pressCounter(systemClock, { onFirst: () => this.#end.resolve(), onSecond: () => this.#force() });
    this.#stopListening = listenForStop(pressed);
  }

  async toTheEnd(): Promise<number> {
    let failure: unknown = null;
    try {
      await this.#work();
    } catch (error) {
      failure = error;
    }
    await this.#drain();
    if (failure !== null) throw failure;
    return exitCode.ok;
  }

  release(): void {
    this.#stopListening();
    this.#display?.stop();
    removeServing(this.#options.dataDir, process.pid);
  }

  async #work(): Promise<void> {
    const { output, entries, workers, once } = this.#options;
    output.say([output.look().paint.dim('Starting the coordinator and its database …')]);
    this.#supervisor.start({ name: coordinatorName, entry: entries.coordinator, args: () => this.#coordinatorArgs() });
    const served = await Promise.race([this.#ready.promise, this.#end.promise]);
    if (!served) return;
    const api = openApi({ url: served.url, token: served.tokens.admin });
    this.#welcome(served);
    const settled = this.#yaml === null ? null : await this.#submit(api, this.#yaml);
    if (settled && once) return this.#report(api, settled);
    this.#watch(served, api);
    this.#startWorker(evaluatorName, ['--kind', 'evaluate', '--token', served.tokens.trusted], 0);
    for (let index = 1; index <= workers; index += 1) {
      this.#startWorker(`worker-${index}`, ['--kind', 'train', '--token', served.tokens.join], index);
    }
    await this.#end.promise;
  }

  /** Submits the sweep, which is harmless if it is there already; the answer is its view if it has ended before. */
  async #submit(api: Api, yaml: string): Promise<SweepView | null> {
    const { output, once } = this.#options;
    const answer = await api.submit({ yaml });
    this.#wanted = answer.sweepId;
    const sweep = await api.sweep(answer.sweepId);
    output.json({ event: 'sweep', name: sweep.name, ...answer });
    if (!answer.created)
      output.say([`  Sweep ${sweep.name} is here already: ${sweep.cellsDone} of ${sweep.cells} cells done.`]);
    else
      output.say([
        `  Sweep ${sweep.name}: ${formatPlural(answer.cells, 'cell')}, ${formatPlural(answer.trials, 'trial')}.`,
      ]);
    if (once) refuseStopped(sweep);
    return isSettled(sweep) ? sweep : null;
  }

  #coordinatorArgs(): string[] {
    const { host, port, dataDir, databaseUrl } = this.#options;
    // After a restart the workers look for the coordinator where it was, also where the system chose the port.
    const samePort = this.#served ? Number(new URL(this.#served.url).port) : port;
    const database = databaseUrl === null ? [] : ['--database-url', databaseUrl];
    return ['--host', host, '--port', String(samePort), '--data-dir', dataDir, ...database];
  }

  #startWorker(name: string, args: readonly string[], index: number): void {
    const { url } = this.#served ?? { url: '' };
    const common = ['--url', url, '--name', name, '--index', String(index), '--data-dir', this.#options.dataDir];
    this.#supervisor.start({ name, entry: this.#options.entries.worker, args: () => [...common, ...args] });
  }

  #serves(served: Served): void {
    this.#served = served;
    writeServing(this.#options.dataDir, { url: served.url, pid: process.pid });
    this.#ready.resolve(served);
  }

  #welcome({ url, tokens }: Served): void {
    const { output, host, dataDir } = this.#options;
    const remote = remoteUrls(url, host);
    output.json({ event: 'serving', url, remoteUrls: remote, dataDir, joinToken: tokens.join });
    const shown = { url, remoteUrls: remote, tokens, dataDir: shortPath(dataDir), firstStart: this.#firstStart };
    output.say([...welcomeLines(shown, output.look()), '']);
  }

  #watch({ url, tokens }: Served, api: Api): void {
    this.#display = new RoomDisplay({
      output: this.#options.output,
      address: { url, token: tokens.viewer },
      scene: () => ({ url, wanted: this.#wanted, pending: this.#pending(), hint: this.#hint }),
      onSettled: (sweep) => void this.#settled(api, sweep),
      onRefused: (error) => this.#end.reject(error),
    });
  }

  #pending() {
    return this.#supervisor
      .children()
      .filter(({ name, state }) => name !== coordinatorName && !(state === 'running' && this.#joined.has(name)));
  }

  async #settled(api: Api, sweep: SweepView): Promise<void> {
    try {
      await this.#report(api, sweep);
      if (this.#options.once && sweep.sweepId === this.#wanted) this.#end.resolve();
    } catch (error) {
      if (this.#options.once) this.#end.reject(error);
      else this.#options.output.say([`Cannot show the table of ${sweep.name}: ${reasonOf(error)}`]);
    }
  }

  /** Prints what a sweep has found; under --once a failed trial ends the run with its reason. */
  async #report(api: Api, sweep: SweepView): Promise<void> {
    const { output, once } = this.#options;
    const board = await api.leaderboard(sweep.sweepId);
    const trials = sweep.trials.failed > 0 ? await api.trials(sweep.sweepId) : [];
    const look = output.look();
    const failures = failureLines(trials, look);
    output.say(['', ...reportLines(board, look), '', ...failures, ...(failures.length > 0 ? [''] : [])]);
    output.json({ event: 'table', leaderboard: board, failed: trials.filter((trial) => trial.state === 'failed') });
    if (!once) return;
    refuseStopped(sweep);
    if (failures.length > 0) {
      throw new CliError(
        'E_TRIALS_FAILED',
        `${formatPlural(sweep.trials.failed, 'trial')} of ${sweep.name} failed: ${failures[1]?.trim() ?? ''}`,
      );
    }
  }

  #died(death: Death): void {
    const { output, once } = this.#options;
    output.say(deathLines(death, shortPath(death.logPath), output.look()));
    output.json({ event: 'died', ...death });
    this.#joined.delete(death.name);
    if (death.decision.restart) return;
    if (death.name === coordinatorName) return this.#fail(this.#coordinatorError(death));
    const left = this.#supervisor
      .children()
      .filter(({ name, state }) => name.startsWith('worker-') && state !== 'gone');
    const hopeless = death.name === evaluatorName || left.length === 0;
    if (once && hopeless) this.#fail(childError(death));
  }

  #fail(error: CliError): void {
    this.#ready.reject(error);
    this.#end.reject(error);
  }

  #coordinatorError(death: Death): CliError {
    const running = readServing(this.#options.dataDir);
    if (!death.fatal || !running || running.pid === process.pid) return childError(death);
    const hint = `gradpool runs on this data folder already: ${running.url} (process ${running.pid})`;
    return new CliError(death.fatal.code, `${death.fatal.message}; ${hint}`, death.ending.code ?? exitCode.failed);
  }

  #force(): void {
    this.#supervisor.kill();
    this.#display?.stop();
    removeServing(this.#options.dataDir, process.pid);
    process.stderr.write(
      'E_FORCED: stopped at once; unfinished work goes on from its last checkpoint at the next start\n',
    );
    process.exit(exitCode.failed);
  }

  async #drain(): Promise<void> {
    const { output, dataDir } = this.#options;
    this.#hint = 'stopping: the workers hand their work back (Ctrl-C again stops at once)';
    output.json({ event: 'stopping' });
    if (output.mode === 'plain') output.say(['Stopping: the workers hand their work back …']);
    await this.#supervisor.drain([coordinatorName]);
    this.#display?.stop();
    output.json({ event: 'stopped' });
    if (this.#served)
      output.say([`Stopped. Everything is stored in ${shortPath(dataDir)}; \`npm start\` goes on from there.`]);
  }
}

function refuseStopped({ name, state }: SweepView): void {
  if (state === 'paused') {
    throw new CliError(
      'E_SWEEP_STOPPED',
      `the sweep ${name} is paused, so its table would never be whole; start without --once, then: gradpool sweep resume ${name}`,
    );
  }
  if (state === 'cancelled') throw new CliError('E_SWEEP_STOPPED', `the sweep ${name} was cancelled`);
}

function childError({ name, fatal, ending, logPath }: Death): CliError {
  const exit = ending.code === exitCode.config ? exitCode.config : exitCode.failed;
  if (fatal) return new CliError(fatal.code, fatal.message, exit);
  return new CliError('E_CHILD', `the ${name} does not stay up; its log says why: ${shortPath(logPath)}`, exit);
}
