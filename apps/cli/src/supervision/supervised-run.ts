import type { ChildMessage, SweepView } from '@gradpool/protocol';
import type { ApiAddress } from '../client/api.ts';
import { logFolder } from '../client/data-folder.ts';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-codes.ts';
import { deferred } from '../deferred.ts';
import { shortPath } from '../paths.ts';
import { deathLines } from '../screen/notices.ts';
import type { Output } from '../screen/output.ts';
import { RoomDisplay } from '../screen/room-display.ts';
import { systemClock } from './clock.ts';
import { whenNpmIsGone } from './npm-parent.ts';
import { listenForStop, pressCounter } from './stop-signals.ts';
import type { Death } from './supervised-child.ts';
import { Supervisor } from './supervisor.ts';

export interface SupervisedRunOptions {
  readonly output: Output;
  readonly dataDir: string;
  /** The child that leaves last, because the others hand their work to it. */
  readonly last: string | null;
  readonly hint: string;
  readonly onMessage?: (name: string, message: ChildMessage) => void;
  /** Told of a child that stays down; the answer, if any, ends the run. */
  readonly onFailed: (death: Death) => CliError | null;
  /** A last chance to tidy up, also when the user does not wait for the drain. */
  readonly onGone?: () => void;
}

export interface WatchOptions {
  readonly address: ApiAddress;
  readonly wanted: () => string | null;
  readonly onSettled?: (sweep: SweepView) => void;
  /** Show only the workers that this run supervises. */
  readonly ownOnly?: boolean;
}

/**
 * What `up` and `worker` have in common: supervised processes, a live view of the room, and one way to the end. The end
 * comes by Ctrl-C or a like signal, by `end()`, or by `fail(error)`; whichever comes first, the children are drained.
 * A second Ctrl-C ends everything at once.
 */
export class SupervisedRun {
  readonly supervisor: Supervisor;
  readonly #options: SupervisedRunOptions;
  readonly #end = deferred<undefined>();
  readonly #stopListening: () => void;
  #display: RoomDisplay | null = null;
  #hint: string;

  constructor(options: SupervisedRunOptions) {
    this.#options = options;
    this.#hint = options.hint;
    this.supervisor = new Supervisor({
      logFolder: logFolder(options.dataDir),
      onMessage: (name, message) => options.onMessage?.(name, message),
      onDeath: (death) => this.#died(death),
    });
    const pressed = pressCounter(systemClock, { onFirst: () => this.end(), onSecond: () => this.#force() });
    const stops = [
      listenForStop(pressed),
      whenNpmIsGone(() => this.end(), { env: process.env, ppid: () => process.ppid, clock: systemClock }),
    ];
    this.#stopListening = () => stops.forEach((stop) => stop());
  }

  /** Resolves at the end, rejects at a failure. */
  get ended(): Promise<undefined> {
    return this.#end.promise;
  }

  end(): void {
    this.#end.resolve(undefined);
  }

  fail(error: unknown): void {
    this.#end.reject(error);
  }

  /** Says from now on what the user can do. */
  hint(text: string): void {
    this.#hint = text;
  }

  /** Shows the room from now on. */
  watch({ address, wanted, onSettled, ownOnly }: WatchOptions): void {
    this.#display = new RoomDisplay({
      output: this.#options.output,
      address,
      scene: () => ({
        url: address.url,
        wanted: wanted(),
        children: this.supervisor.children().filter(({ name }) => name !== this.#options.last),
        ownOnly: ownOnly ?? false,
        hint: this.#hint,
      }),
      onSettled: onSettled ?? (() => undefined),
      onRefused: (error) => this.fail(error),
    });
  }

  /** Does `work`, which waits for `ended` where it has to, then drains; rejects with what went wrong. */
  async finish(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } finally {
      await this.#drain();
    }
  }

  async #drain(): Promise<void> {
    const { output, last, onGone } = this.#options;
    this.#hint = 'stopping: the workers hand their work back (Ctrl-C again stops at once)';
    output.json({ event: 'stopping' });
    if (output.mode === 'plain' && this.#display) output.say(['  Stopping: the workers hand their work back …']);
    await this.supervisor.drain(last === null ? [] : [last]);
    this.#display?.stop();
    this.#stopListening();
    onGone?.();
    output.json({ event: 'stopped' });
  }

  #died(death: Death): void {
    const { output, onFailed } = this.#options;
    const error = death.decision.restart ? null : onFailed(death);
    output.json({ event: 'died', ...death });
    // What ends the run is said at its end; the notice would only say it twice.
    if (error === null || death.fatal === null) {
      output.say(deathLines(death, shortPath(death.logPath), output.look()));
    }
    if (error !== null) this.fail(error);
  }

  #force(): void {
    this.supervisor.kill();
    this.#display?.stop();
    this.#options.onGone?.();
    process.stderr.write('E_FORCED: stopped at once; unfinished work goes on from its last checkpoint next time\n');
    process.exit(exitCode.failed);
  }
}

/** Why a run cannot go on without a child: in the child's own words where it had any. */
export function childError({ name, fatal, ending, logPath }: Death): CliError {
  const exit = ending.code === exitCode.config ? exitCode.config : exitCode.failed;
  if (fatal) return new CliError(fatal.code, fatal.message, exit);
  return new CliError('E_CHILD', `the ${name} does not stay up; its log says why: ${shortPath(logPath)}`, exit);
}
