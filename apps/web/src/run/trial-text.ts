import { trialKind } from '@gradpool/experiment';
import type { TrialView } from '@gradpool/protocol';

/** What a trial's state means, in a sentence. */
export function stateText({ state, attempts, errorMessage, rungs }: TrialView): string {
  switch (state) {
    case 'waiting':
      if (rungs !== null && rungs.figures.at(-1)?.epoch === rungs.untilEpoch) {
        return `It has stopped after epoch ${rungs.untilEpoch} to be compared with others of its sweep.`;
      }
      return attempts === 0 ? 'It waits for a worker.' : 'It waits for a worker to go on with it.';
    case 'running':
      return 'A worker is training it now.';
    case 'verifying':
      return 'It is trained; the evaluator recomputes its test error from the weights.';
    case 'complete':
      return 'It is trained, and its test error was recomputed from the weights.';
    case 'pruned':
      return `It was stopped early: ${prunedText(rungs)}.`;
    case 'failed':
      return `It failed and is not tried again${errorMessage === null ? '.' : `: ${errorMessage}`}`;
    case 'cancelled':
      return 'Its sweep was cancelled before it was done.';
    default:
      return state satisfies never;
  }
}

function prunedText(rungs: TrialView['rungs']): string {
  if (!rungs?.pruned) return 'others of its sweep did better';
  const { epoch, place, of, kept } = rungs.pruned;
  return `after epoch ${epoch} its cell was in place ${place} of ${of} by validation error, and the best ${kept} went on`;
}

/** What is validated of a classifier, beside its accuracy, is the autoencoder that it was trained on. */
export const validationName = ({ parameters }: Pick<TrialView, 'parameters'>): string =>
  trialKind(parameters).task === 'classify' ? 'validation MSE of its autoencoder' : 'validation MSE';

/** Words for the metrics that workers report. */
export const metricWords = (name: string): string =>
  ({
    train_mse: 'training MSE',
    train_bce: 'training BCE',
    train_objective: 'training loss with what is asked of the code',
    validation_mse: 'validation MSE',
    overfit_gap: 'validation MSE above that of trained images',
  })[name] ?? name;
