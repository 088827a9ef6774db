import type { AttemptView, MetricsAnswer, TrialId } from '@gradpool/protocol';
import type { Room } from '../loop/room.ts';
import type { Store } from '../store/store.ts';

/** What only the store keeps of a trial. */
export class TrialReader {
  private readonly room: Room;
  private readonly store: Pick<Store, 'points' | 'attempts'>;
  private readonly flush: () => Promise<void>;

  constructor(room: Room, store: Pick<Store, 'points' | 'attempts'>, flush: () => Promise<void>) {
    this.room = room;
    this.store = store;
    this.flush = flush;
  }

  /** Metric points of all attempts, those that wait to be written among them. */
  async points(trialId: TrialId): Promise<MetricsAnswer['points']> {
    await this.flush();
    const points = await this.store.points(trialId);
    return points.map(({ attempt, epoch, name, value }) => ({ attempt, epoch, name, value }));
  }

  /** Every attempt, the present one too, by number. */
  async attempts(trialId: TrialId): Promise<AttemptView[]> {
    await this.room.loop.settled();
    const attempts = await this.store.attempts(trialId);
    return attempts.map(({ leaseId: _lease, trialId: _trial, fence: _fence, ...attempt }) => ({
      ...attempt,
      workerName: this.room.worker(attempt.workerId)?.name ?? null,
    }));
  }
}
