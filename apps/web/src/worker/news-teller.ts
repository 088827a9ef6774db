import type { Work } from '@gradpool/protocol';
import type { WorkerNews } from '@gradpool/worker';
import type { FromWorker, Task } from './messages.ts';

/** Positions go to the page at most this often. */
const movedMs = 250;

/** Turns a worker's news into what the page shows. */
export function newsTeller(to: {
  readonly now: () => number;
  readonly tell: (message: FromWorker) => void;
}): (news: WorkerNews) => void {
  const movedAt = new Map<string, number>();
  return (news) => {
    switch (news.type) {
      case 'joined':
        return to.tell({ type: 'joined', codeVersion: news.codeVersion });
      case 'lost':
      case 'credited':
        return to.tell(news);
      case 'room':
        return to.tell({ type: 'room', state: news.state });
      case 'began':
        return to.tell({ type: 'began', task: taskOf(news.leaseId, news.work) });
      case 'moved': {
        const { leaseId, position } = news;
        if (to.now() < (movedAt.get(leaseId) ?? -Infinity) + movedMs) return;
        movedAt.set(leaseId, to.now());
        const { epoch, fraction, loss, imagesPerSecond } = position;
        return to.tell({ type: 'moved', leaseId, moved: { epoch, fraction, loss, imagesPerSecond } });
      }
      case 'previewed':
        return to.tell({ type: 'previewed', leaseId: news.leaseId, preview: news.preview });
      case 'ended':
        movedAt.delete(news.leaseId);
        return to.tell({ type: 'ended', leaseId: news.leaseId, how: news.how, failure: news.failure });
      case 'epochEnded':
        return;
      default:
        news satisfies never;
    }
  };
}

function taskOf(leaseId: string, work: Work): Task {
  if (work.kind === 'baseline') {
    return { leaseId, kind: 'baseline', label: `baselines of ${work.datasetName}`, epochs: 0, fromEpoch: 0 };
  }
  const words = ['latent', 'noise', 'seed'].map((key) => `${key} ${JSON.stringify(work.spec[key] ?? 'as usual')}`);
  const { epochs } = work.spec;
  return {
    leaseId,
    kind: work.kind,
    label: words.join(', '),
    epochs: typeof epochs === 'number' ? epochs : 0,
    fromEpoch: work.kind === 'train' ? (work.resume?.epoch ?? 0) : 0,
  };
}
