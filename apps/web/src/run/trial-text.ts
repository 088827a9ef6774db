import { metricOf, trialKind, validationLabel } from '@gradpool/experiment';
import { rungMetric, type TrialView } from '@gradpool/protocol';

/** What a trial's state means, in a sentence. */
export function stateText({ state, attempts, errorMessage, rungs }: TrialView, metric: string): string {
  switch (state) {
    case 'waiting':
      if (rungs !== null && rungs.figures.at(-1)?.epoch === rungs.untilEpoch) {
        return `It has stopped after epoch ${rungs.untilEpoch} to be compared with others of its sweep.`;
      }
      return attempts === 0 ? 'It waits for a worker.' : 'It waits for a worker to go on with it.';
    case 'running':
      return 'A worker is training it now.';
    case 'verifying':
      return `It is trained; the evaluator recomputes its ${metricOf(metric).label} from the weights.`;
    case 'complete':
      return `It is trained, and its ${metricOf(metric).label} was recomputed from the weights.`;
    case 'pruned':
      return `It was stopped early: ${prunedText(rungs, metric)}.`;
    case 'failed':
      return `It failed and is not tried again${errorMessage === null ? '.' : `: ${errorMessage}`}`;
    case 'cancelled':
      return 'Its sweep was cancelled before it was done.';
    default:
      return state satisfies never;
  }
}

function prunedText(rungs: TrialView['rungs'], metric: string): string {
  if (!rungs?.pruned) return 'others of its sweep did better';
  const { epoch, place, of, kept } = rungs.pruned;
  const by = validationLabel(rungMetric({ metric, goal: 'minimize' }).like);
  return `after epoch ${epoch} its cell was in place ${place} of ${of} by ${by}, and the best ${kept} went on`;
}

export interface RungLine {
  readonly epoch: number;
  readonly validation: number;
  readonly followed: string;
}

/** Where a trial stopped to be compared, in order. A cell is judged as a whole, so it can be stopped where this trial never came to. */
export function rungLines({ rungs, state }: Pick<TrialView, 'rungs' | 'state'>): RungLine[] {
  const { figures, untilEpoch, pruned } = rungs ?? { figures: [], untilEpoch: 0, pruned: null };
  return figures.map(({ epoch, validation }) => {
    if (epoch < untilEpoch) return { epoch, validation, followed: 'went on' };
    if (pruned) return { epoch, validation, followed: `stopped: place ${pruned.place} of ${pruned.of}` };
    return { epoch, validation, followed: state === 'waiting' ? 'waits for the others' : '–' };
  });
}

/** What is validated of a classifier, beside its accuracy, is the autoencoder that it was trained on. */
export const validationName = ({ parameters }: Pick<TrialView, 'parameters'>): string =>
  trialKind(parameters).task === 'classify' ? 'validation MSE of its autoencoder' : 'validation MSE';

/** Words for the metrics that workers report. */
export const metricWords = (name: string): string =>
  ({
    train_mse: 'training MSE',
    train_cross_entropy: 'training cross-entropy',
    images_per_second: 'images a second',
    train_bce: 'training BCE',
    train_objective: 'training loss with what is asked of the code',
    overfit_gap: 'validation MSE above that of trained images',
  })[name] ?? (name.startsWith('validation_') ? validationLabel(name.replace('validation_', 'test_')) : name);
