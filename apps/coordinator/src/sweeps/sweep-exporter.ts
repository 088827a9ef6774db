import type { ExportAnswer, ExportRow, Leaderboard, SweepId, TrialView } from '@gradpool/protocol';
import { jsonList } from '../http/send-text.ts';
import type { Room } from '../loop/room.ts';
import type { Store } from '../store/store.ts';
import { csvHead, csvLine } from './csv.ts';
import { withProvenance } from './ranking.ts';
import { measureNames } from '@gradpool/coordination';
import { unknownSweep } from './sweep-desk.ts';

/** Verified figures for people and for files. */
export class SweepExporter {
  private readonly room: Room;
  private readonly store: Pick<Store, 'leaderboard'>;

  constructor(room: Room, store: Pick<Store, 'leaderboard'>) {
    this.room = room;
    this.store = store;
  }

  async leaderboard(id: SweepId): Promise<Leaderboard> {
    await this.room.loop.settled();
    const found = await this.store.leaderboard(id);
    if (!found) throw unknownSweep(id);
    return withProvenance(this.room.state, found);
  }

  /** An `exportAnswer` as text, in pieces. */
  async *json(id: SweepId): AsyncGenerator<string> {
    const [sweep, leaderboard] = [this.sweep(id), await this.leaderboard(id)];
    const before = JSON.stringify({ sweep, leaderboard }).slice(0, -1);
    yield* jsonList(`${before},"trials":[`, this.rows(id), ']}');
  }

  async *csv(id: SweepId): AsyncGenerator<string> {
    const names = { parameters: this.parameterNames(id), measures: measureNames(this.room.state, id) };
    yield csvHead(names);
    for await (const rows of this.rows(id)) for (const row of rows) yield csvLine(names, row);
  }

  /** One row per verified trial. */
  private async *rows(id: SweepId): AsyncGenerator<ExportRow[]> {
    const source = { sweep: this.sweep(id), metric: this.room.state.sweeps.get(id)?.row.metric ?? '' };
    for await (const trials of this.room.trialPages(id)) yield trials.flatMap((trial) => exportRow(source, trial));
  }

  private sweep(id: SweepId): ExportAnswer['sweep'] {
    const sweep = this.room.sweep(id);
    if (!sweep) throw unknownSweep(id);
    return sweep;
  }

  /** Every parameter that some cell names, in the order of their first use. */
  private parameterNames(id: SweepId): string[] {
    const { cells, sweeps } = this.room.state;
    const names = new Set<string>();
    for (const cellId of sweeps.get(id)?.cellByKey.values() ?? []) {
      for (const name of Object.keys(cells.get(cellId)?.parameters ?? {})) names.add(name);
    }
    return [...names];
  }
}

/** Nothing for a trial that is not verified. */
function exportRow({ sweep, metric }: { sweep: ExportAnswer['sweep']; metric: string }, trial: TrialView): ExportRow[] {
  if (trial.state !== 'complete' || trial.score === null) return [];
  const { parameters, seed, score, claimedScore, measures, validationMse, verifiedBy, backend, numericClass } = trial;
  return [
    {
      sweep: sweep.name,
      parameters,
      seed,
      metric,
      score,
      claimedScore,
      measures,
      validationMse,
      specHash: sweep.specHash,
      codeVersion: sweep.codeVersion,
      dataset: sweep.dataset,
      weightsSha256: trial.weights?.sha256 ?? null,
      worker: trial.workerId,
      verifiedBy,
      backend,
      numericClass,
      placement: trial.placement,
      bitExact: trial.bitExact,
      durationMs: trial.durationMs,
      attempts: trial.attempts,
    },
  ];
}
