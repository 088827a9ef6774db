import type { ReadyAnswer } from '@gradpool/protocol';
import { reasonOf } from '../fault.ts';
import type { DecisionLoop } from '../loop/decision-loop.ts';
import type { Store } from '../store/store.ts';

/** How long the database may take to answer before it counts as gone. */
const pingMsMax = 3_000;

/** Whether work would be taken now: the loop runs, nothing drains, and the database answers. */
export class Readiness {
  /** Set when an orderly stop begins. */
  draining = false;
  private readonly loop: DecisionLoop;
  private readonly store: Pick<Store, 'ping'>;

  constructor(loop: DecisionLoop, store: Pick<Store, 'ping'>) {
    this.loop = loop;
    this.store = store;
  }

  async read(): Promise<ReadyAnswer> {
    if (this.draining) return { status: 'draining', reason: 'the coordinator is stopping' };
    if (this.loop.failed) return { status: 'broken', reason: this.loop.failed.message };
    const reason = await this.pingFault();
    return reason === null ? { status: 'ready', reason: null } : { status: 'broken', reason };
  }

  private async pingFault(): Promise<string | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`the database did not answer within ${pingMsMax} ms`), pingMsMax);
    });
    const asked = this.store.ping().then(
      () => null,
      (error: unknown) => `the database does not answer: ${reasonOf(error)}`,
    );
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
