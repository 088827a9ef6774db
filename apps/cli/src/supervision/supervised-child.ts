import { fork, type ChildProcess } from 'node:child_process';
import { childMessage, type ChildMessage, type ParentMessage } from '@gradpool/protocol';
import type { Clock } from './clock.ts';
import type { LogFile } from './log-file.ts';
import { decideRestart, type Ending, type RestartDecision } from './restart-policy.ts';

/*
 * One process under supervision.
 *
 *   stopped --start--> starting --joined or ready--> running
 *   starting, running --dies, restart allowed--> waiting --delay--> starting
 *   starting, running --dies, restart refused--> failed
 *   any --drain--> draining --exits--> gone
 */
export type ChildState = 'stopped' | 'starting' | 'running' | 'waiting' | 'draining' | 'failed' | 'gone';

export interface ChildPlan {
  /** Shown on screen and in the log's name: `coordinator`, `evaluator`, `worker`. */
  readonly name: string;
  /** JavaScript file to run. */
  readonly entry: string;
  /** Asked before every start, because a coordinator that took a free port must get the same one again. */
  readonly args: () => readonly string[];
  /** Added to this process's environment; secrets go here, where other users' `ps` does not show them. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Death {
  readonly name: string;
  readonly ending: Ending;
  readonly decision: RestartDecision;
  /** What the child itself said last, if it knew. */
  readonly fatal: { readonly code: string; readonly message: string } | null;
  readonly logPath: string;
  readonly tail: readonly string[];
}

export interface ChildWatcher {
  readonly onMessage: (message: ChildMessage) => void;
  readonly onDeath: (death: Death) => void;
}

export class SupervisedChild {
  readonly plan: ChildPlan;
  state: ChildState = 'stopped';
  /** The identity that the coordinator welcomed; null before, and for a coordinator. */
  workerId: string | null = null;
  readonly #clock: Clock;
  readonly #log: LogFile;
  readonly #watcher: ChildWatcher;
  #process: ChildProcess | null = null;
  #restartedAt: number[] = [];
  #cancelRestart: () => void = () => undefined;
  #fatal: Death['fatal'] = null;
  #onGone: (() => void)[] = [];

  constructor(plan: ChildPlan, { clock, log, watcher }: { clock: Clock; log: LogFile; watcher: ChildWatcher }) {
    this.plan = plan;
    this.#clock = clock;
    this.#log = log;
    this.#watcher = watcher;
  }

  start(): void {
    this.state = 'starting';
    this.#fatal = null;
    this.workerId = null;
    const child = fork(this.plan.entry, [...this.plan.args()], {
      execArgv: [],
      env: { ...process.env, ...this.plan.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#log.write(text));
    }
    child.on('message', (raw) => this.#heard(raw));
    child.on('error', (error) => this.#log.write(`${error.message}\n`));
    // `close`, not `exit`: only then have its last lines arrived.
    child.once('close', (code, signal) => this.#ended({ code, signal }));
  }

  /** Asks the process to hand its work back and leave; resolves when it is gone. Harmless to repeat. */
  drain(): Promise<void> {
    this.#cancelRestart();
    if (this.#process === null) {
      this.state = 'gone';
      return Promise.resolve();
    }
    this.state = 'draining';
    this.#tell({ type: 'drain' });
    return new Promise((resolve) => this.#onGone.push(resolve));
  }

  /** Ends the process at once. Safe in an exit handler. */
  kill(): void {
    this.#cancelRestart();
    if (this.#process !== null) this.state = 'draining';
    this.#process?.kill('SIGKILL');
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  #tell(message: ParentMessage): void {
    // A channel that is closed already means that the child is on its way out.
    if (this.#process?.connected) this.#process.send(message, () => undefined);
  }

  #heard(raw: unknown): void {
    const parsed = childMessage.safeParse(raw);
    if (!parsed.success) return;
    const message = parsed.data;
    if (message.type === 'fatal') this.#fatal = { code: message.code, message: message.message };
    else if (this.state === 'starting') this.state = 'running';
    if (message.type === 'joined') this.workerId = message.workerId;
    this.#watcher.onMessage(message);
  }

  #ended(ending: Ending): void {
    this.#process = null;
    if (this.state === 'draining') {
      this.state = 'gone';
      for (const resolve of this.#onGone.splice(0)) resolve();
      return;
    }
    const decision = decideRestart(ending, this.#restartedAt, this.#clock.now());
    this.state = decision.restart ? 'waiting' : 'failed';
    if (decision.restart) {
      this.#restartedAt.push(this.#clock.now());
      this.#cancelRestart = this.#clock.after(decision.delayMs, () => this.start());
    }
    const { name } = this.plan;
    this.#watcher.onDeath({
      name,
      ending,
      decision,
      fatal: this.#fatal,
      logPath: this.#log.path,
      tail: this.#log.tail(),
    });
  }
}
