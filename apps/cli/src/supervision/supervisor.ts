import { join } from 'node:path';
import type { ChildMessage } from '@gradpool/protocol';
import { systemClock, type Clock } from './clock.ts';
import { LogFile } from './log-file.ts';
import { SupervisedChild, type ChildPlan, type ChildState, type Death } from './supervised-child.ts';

/** How long children may take to leave before they are ended. */
export const drainLimits = { workersMs: 25_000, coordinatorMs: 20_000 } as const;

export interface SupervisorOptions {
  readonly logFolder: string;
  readonly clock?: Clock;
  readonly onMessage: (name: string, message: ChildMessage) => void;
  readonly onDeath: (death: Death) => void;
}

export interface ChildView {
  readonly name: string;
  readonly state: ChildState;
  readonly workerId: string | null;
}

/** Keeps a set of processes alive and takes all of them down with it. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  readonly #children: SupervisedChild[] = [];
  readonly #logs: LogFile[] = [];
  readonly #killAll = (): void => {
    for (const child of this.#children) child.kill();
  };

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    // The last line of defence: whatever ends this process by way of `process.exit` leaves no child behind. (After a
    // SIGKILL the children see their channel close and leave by themselves.)
    process.once('exit', this.#killAll);
  }

  start(plan: ChildPlan): void {
    const log = new LogFile(join(this.#options.logFolder, `${plan.name}.log`));
    const watcher = {
      onMessage: (message: ChildMessage) => this.#options.onMessage(plan.name, message),
      onDeath: this.#options.onDeath,
    };
    const child = new SupervisedChild(plan, { clock: this.#clock, log, watcher });
    this.#logs.push(log);
    this.#children.push(child);
    child.start();
  }

  children(): ChildView[] {
    return this.#children.map(({ plan, state, workerId }) => ({ name: plan.name, state, workerId }));
  }

  /** Drains every child but those named last, then the last ones; a child that does not leave in time is ended. */
  async drain(last: readonly string[] = []): Promise<void> {
    const isLast = (child: SupervisedChild) => last.includes(child.plan.name);
    await this.#drainGroup(
      this.#children.filter((child) => !isLast(child)),
      drainLimits.workersMs,
    );
    await this.#drainGroup(this.#children.filter(isLast), drainLimits.coordinatorMs);
    for (const log of this.#logs) log.close();
    process.removeListener('exit', this.#killAll);
  }

  /** Ends every child at once. */
  kill(): void {
    this.#killAll();
  }

  async #drainGroup(group: readonly SupervisedChild[], limitMs: number): Promise<void> {
    const cancel = this.#clock.after(limitMs, () => group.forEach((child) => child.kill()));
    await Promise.all(group.map((child) => child.drain()));
    cancel();
  }
}
