import type { ExportAnswer, ExportRow, Leaderboard, SweepId, TrialView } from '@gradpool/protocol';
import type { Room } from '../loop/room.ts';
import type { Store } from '../store/store.ts';
import { toCsv } from './csv.ts';
import { unknownSweep } from './sweep-desk.ts';

/** Verified figures for people and for files. */
export class LeaderboardReader {
  private readonly room: Room;
  private readonly store: Pick<Store, 'leaderboard'>;

  constructor(room: Room, store: Pick<Store, 'leaderboard'>) {
    this.room = room;
    this.store = store;
  }

  async read(id: SweepId): Promise<Leaderboard> {
    const found = await this.store.leaderboard(id);
    if (!found) throw unknownSweep(id);
    return found;
  }

  async export(id: SweepId): Promise<ExportAnswer> {
    await this.room.loop.settled();
    const leaderboard = await this.read(id);
    const sweep = this.room.sweep(id);
    if (!sweep) throw unknownSweep(id);
    return { sweep, leaderboard, trials: this.rows(id) };
  }

  async csv(id: SweepId): Promise<string> {
    await this.room.loop.settled();
    return toCsv(this.rows(id));
  }

  private rows(id: SweepId): ExportRow[] {
    const sweep = this.room.sweep(id);
    if (!sweep) throw unknownSweep(id);
    return this.room.trials(id).flatMap((trial) => exportRow(sweep, trial));
  }
}

/** Nothing for a trial that is not verified. */
function exportRow(sweep: ExportAnswer['sweep'], trial: TrialView): ExportRow[] {
  if (trial.state !== 'complete' || trial.testMse === null) return [];
  const { parameters, seed, testMse, claimedTestMse, validationMse, verifiedBy, backend, numericClass } = trial;
  return [
    {
      sweep: sweep.name,
      parameters,
      seed,
      testMse,
      claimedTestMse,
      validationMse,
      specHash: sweep.specHash,
      codeVersion: sweep.codeVersion,
      dataset: sweep.dataset,
      weightsSha256: trial.weights?.sha256 ?? null,
      worker: trial.workerId,
      verifiedBy,
      backend,
      numericClass,
      bitExact: trial.bitExact,
      durationMs: trial.durationMs,
      attempts: trial.attempts,
    },
  ];
}
