import type { SweepView } from '@gradpool/protocol';
import { localUrl, portOf, remoteUrls } from '../client/addresses.ts';
import { openApi, type Api } from '../client/api.ts';
import {
  hasTokens,
  openDataFolder,
  readServing,
  removeServing,
  writeServing,
  type Tokens,
} from '../client/data-folder.ts';
import { isSettled } from '../client/room.ts';
import { workerEnvironment } from '../client/trust.ts';
import { CliError, reasonOf } from '../cli-error.ts';
import { deferred } from '../deferred.ts';
import { shortPath } from '../paths.ts';
import type { Output } from '../screen/output.ts';
import { showWaiting } from '../screen/waiting.ts';
import { welcomeLines } from '../screen/welcome.ts';
import type { Death } from '../supervision/supervised-child.ts';
import { childError, SupervisedRun } from '../supervision/supervised-run.ts';
import { checkSweep, readSweepFile } from './sweep-file.ts';
import { refuseStopped, reportSweep } from './sweep-report.ts';
import { submitSweep } from './sweep-run.ts';

export interface UpOptions {
  /** Trials to train here at a time. */
  readonly threads: number;
  readonly host: string;
  readonly port: number;
  /** Absolute path. */
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  /** What people call the room; null for this machine's name. */
  readonly roomName: string | null;
  /** More of the coordinator's own arguments: for HTTPS, data sets and its log. */
  readonly coordinatorArguments: readonly string[];
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
const workerName = 'worker';

/** Runs coordinator, evaluator and worker until told to stop. Rejects with a `CliError` that says why it could not. */
export async function up(options: UpOptions): Promise<void> {
  const yaml = options.sweepFile === null ? null : readSweepFile(options.sweepFile);
  if (yaml !== null) await checkSweep(yaml, options.dataDir);
  openDataFolder(options.dataDir);
  await new UpRun(options, yaml).toTheEnd();
}

interface Served {
  readonly url: string;
  readonly tokens: Tokens;
  readonly ca: string | null;
}

class UpRun {
  readonly #options: UpOptions;
  readonly #yaml: string | null;
  readonly #run: SupervisedRun;
  readonly #firstStart: boolean;
  readonly #ready = deferred<Served>();
  #wanted: string | null = null;
  #served: Served | null = null;

  constructor(options: UpOptions, yaml: string | null) {
    this.#options = options;
    this.#yaml = yaml;
    this.#firstStart = !hasTokens(options.dataDir);
    this.#run = new SupervisedRun({
      output: options.output,
      dataDir: options.dataDir,
      last: coordinatorName,
      hint: 'Ctrl-C stops; what is done is kept',
      onMessage: (_name, message) => {
        if (message.type !== 'ready') return;
        this.#serves({ url: localUrl(message.url), tokens: message.tokens, ca: message.ca });
      },
      onFailed: (death) => this.#failed(death),
      onGone: () => removeServing(options.dataDir, process.pid),
    });
  }

  async toTheEnd(): Promise<void> {
    const { output, dataDir } = this.#options;
    await this.#run.finish(() => this.#work());
    output.say([`  Stopped. Everything is kept in ${shortPath(dataDir)}; the next start goes on from there.`]);
  }

  async #work(): Promise<void> {
    const { output, entries, threads, once } = this.#options;
    const started = showWaiting(output, 'Starting the coordinator and its database');
    const args = () => this.#coordinatorArgs();
    this.#run.supervisor.start({ name: coordinatorName, entry: entries.coordinator, args });
    const served = await Promise.race([this.#ready.promise, this.#run.ended]).finally(started);
    if (!served) return;
    const api = openApi({ url: served.url, token: served.tokens.admin, ca: served.ca });
    output.say(['']);
    await this.#welcome(served, api, { first: true });
    output.say(['']);
    const sweep = this.#yaml === null ? null : await submitSweep(api, this.#yaml, output);
    this.#wanted = sweep?.sweepId ?? null;
    if (once && sweep) refuseStopped(sweep);
    if (once && sweep && isSettled(sweep)) return reportSweep(api, sweep, { output, strict: true });
    this.#watch(served, api);
    this.#startWorker(evaluatorName, { token: served.tokens.trusted, more: ['--kind', 'evaluate'] });
    const more = ['--kind', 'train', '--threads', String(threads)];
    if (threads > 0) this.#startWorker(workerName, { token: served.tokens.join, more });
    await this.#run.ended;
  }

  #coordinatorArgs(): string[] {
    const { host, port, dataDir, databaseUrl, roomName, coordinatorArguments } = this.#options;
    // After a restart the workers look for the coordinator where it was, also where the system chose the port.
    const samePort = this.#served ? portOf(this.#served.url) : port;
    const database = databaseUrl === null ? [] : ['--database-url', databaseUrl];
    const name = roomName === null ? [] : ['--room-name', roomName];
    return [
      '--host',
      host,
      '--port',
      String(samePort),
      '--data-dir',
      dataDir,
      ...database,
      ...name,
      ...coordinatorArguments,
    ];
  }

  #startWorker(name: string, { token, more }: { token: string; more: readonly string[] }): void {
    const { dataDir, entries } = this.#options;
    const ca = this.#served?.ca ?? null;
    const place = ['--url', this.#served?.url ?? '', '--data-dir', dataDir];
    const args = [...place, '--name', name, ...more];
    this.#run.supervisor.start({
      name,
      entry: entries.worker,
      args: () => args,
      env: workerEnvironment({ token, ca }),
    });
  }

  #serves(served: Served): void {
    this.#served = served;
    writeServing(this.#options.dataDir, { url: served.url, pid: process.pid, ca: served.ca });
    this.#ready.resolve(served);
  }

  async #welcome({ url, tokens, ca }: Served, api: Api, { first }: { first: boolean }): Promise<void> {
    const { output, dataDir, coordinatorArguments } = this.#options;
    const { urls, links } = await api.room();
    const forScripts = { joinToken: tokens.join, joinLinks: links.join, viewerLinks: links.viewer };
    const adminLink = `${url}/#t=${tokens.admin}`;
    output.json({ event: 'serving', url, remoteUrls: remoteUrls(urls), dataDir, ...forScripts, adminLink });
    const atTerminal = output.mode === 'live';
    const ownCertificate = ca !== null && coordinatorArguments.includes('--tls') ? shortPath(ca) : null;
    const welcome = { url, urls, links, tokens, dataDir: shortPath(dataDir), atTerminal, ownCertificate };
    const shown = { showTokens: first && this.#firstStart, showCode: first && atTerminal };
    output.say(welcomeLines({ ...welcome, ...shown }, output.look()));
  }

  #watch({ url, tokens, ca }: Served, api: Api): void {
    this.#run.watch({
      address: { url, token: tokens.viewer, ca },
      wanted: () => this.#wanted,
      onSettled: (sweep) => void this.#settled(api, sweep),
    });
  }

  async #settled(api: Api, sweep: SweepView): Promise<void> {
    const { once, output } = this.#options;
    try {
      await reportSweep(api, sweep, { output, strict: once && sweep.sweepId === this.#wanted });
      if (once && sweep.sweepId === this.#wanted) return this.#run.end();
      if (this.#served && !once) await this.#welcome(this.#served, api, { first: false });
      this.#run.hint('serving; another sweep: gradpool sweep run FILE; Ctrl-C stops');
    } catch (error) {
      if (once) this.#run.fail(error);
      else output.say([`  Cannot show the table of ${sweep.name}: ${reasonOf(error)}`]);
    }
  }

  /** Why the run cannot go on, or null where it can. */
  #failed(death: Death): CliError | null {
    if (death.name === coordinatorName) {
      const error = this.#coordinatorError(death);
      this.#ready.reject(error);
      return error;
    }
    return this.#options.once ? childError(death) : null;
  }

  /** The coordinator's own words; with who holds the folder, where it is held. */
  #coordinatorError(death: Death): CliError {
    const error = childError(death);
    const running = readServing(this.#options.dataDir);
    if (!running || running.pid === process.pid) return error;
    const hint = `gradpool runs on this data folder already: ${running.url} (process ${running.pid})`;
    return new CliError(error.code, `${error.message}; ${hint}`, error.exit);
  }
}
