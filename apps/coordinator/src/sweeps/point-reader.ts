import type { MetricsAnswer, TrialId } from '@gradpool/protocol';
import type { Store } from '../store/store.ts';

/** Metric points of a trial, those that wait to be written among them. */
export class PointReader {
  private readonly store: Pick<Store, 'points'>;
  private readonly flush: () => Promise<void>;

  constructor(store: Pick<Store, 'points'>, flush: () => Promise<void>) {
    this.store = store;
    this.flush = flush;
  }

  async of(trialId: TrialId): Promise<MetricsAnswer['points']> {
    await this.flush();
    const points = await this.store.points(trialId);
    return points.map(({ attempt, epoch, name, value }) => ({ attempt, epoch, name, value }));
  }
}
