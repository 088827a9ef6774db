import type { Effect, State } from '@gradpool/coordination';
import type { Logger } from './logger.ts';

/** One line per trial that ended and per sweep that changed its state. */
export function activityLog(logger: Logger, state: State): (effect: Extract<Effect, { type: 'changed' }>) => void {
  // A complete trial changes again when its map of codes comes; its verification is told once.
  const verified = new Set(
    [...state.trials.values()].flatMap(({ row }) => (row.state === 'complete' ? row.trialId : [])),
  );
  const sweepStates = new Map([...state.sweeps.values()].map(({ row }) => [row.sweepId, row.state]));
  return (effect) => {
    if (effect.entity === 'trial') {
      const row = state.trials.get(effect.id)?.row;
      if (row?.state === 'complete') {
        if (verified.has(row.trialId)) return;
        verified.add(row.trialId);
        const { trialId, sweepId, workerId, score, attempts, durationMs } = row;
        logger.info({ trialId, sweepId, workerId, score, attempts, durationMs }, 'trial verified');
      } else if (row?.state === 'failed') {
        const { trialId, sweepId, errors, errorCode, errorMessage } = row;
        logger.warn({ trialId, sweepId, errors, errorCode, errorMessage }, 'trial failed');
      }
    } else if (effect.entity === 'sweep') {
      const row = state.sweeps.get(effect.id)?.row;
      if (!row || sweepStates.get(row.sweepId) === row.state) return;
      sweepStates.set(row.sweepId, row.state);
      logger.info({ sweepId: row.sweepId, name: row.name }, `sweep ${row.state}`);
    }
  };
}
