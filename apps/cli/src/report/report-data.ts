import type { DatasetManifest } from '@gradpool/experiment';
import type {
  EpochPicturesView,
  Leaderboard,
  LeaderboardRow,
  MetricsAnswer,
  ReconstructionsAnswer,
  SweepView,
  TrialView,
} from '@gradpool/protocol';
import type { Api } from '../client/api.ts';
import { rankedRows } from '../screen/ranking.ts';
import { detailedTrials, type DetailedTrial } from './details-section.tsx';
import { endMaps, type EndMap, type MapPatience } from './end-maps.ts';
import { slicesOf, type Slice } from './slices.ts';

/** Bounds of what a page can show and a reader take in. */
export const reportLimits = {
  /** Cells whose curves and pictures are asked for, best first. */
  cellsShown: 60,
  requestsAtOnce: 6,
  /** The figures inside the page, as CSV. */
  csvCharsMax: 2_000_000,
  trialsListed: 1_000,
  /** Longest wait for maps of codes that an evaluator computes: some 10 s of processor time each. */
  mapsMsMax: 180_000,
} as const;

/** The trial that stands for a cell: its best seed. */
export interface CellDetail {
  readonly row: LeaderboardRow;
  readonly points: MetricsAnswer['points'];
  /** Null where no pictures of it were kept. */
  readonly pictures: CellPictures | null;
}

/** Bytes 0 to 255, [images, height, width, channels]. */
export interface CellPictures {
  readonly images: number;
  readonly image: ReconstructionsAnswer['image'];
  readonly epoch: number;
  readonly clean: Uint8Array;
  readonly noisy: Uint8Array;
  readonly reconstructed: Uint8Array;
  /** As many that the model made of draws from its prior; null where it has none. */
  readonly drawn: Uint8Array | null;
}

/** What a report is made of. */
export interface ReportData {
  readonly sweep: SweepView;
  readonly board: Leaderboard;
  readonly trials: readonly TrialView[];
  readonly dataset: DatasetManifest;
  readonly slices: readonly Slice[];
  readonly details: ReadonlyMap<string, CellDetail>;
  /** Of the best and the worst trial; none where none is stored and nobody computes them. */
  readonly maps: readonly EndMap[];
  /** Of tasks that are judged by more than single figures. */
  readonly detailed: readonly DetailedTrial[];
  /** Null where it is too large to be put into a page. */
  readonly csv: string | null;
}

/** Asks the coordinator for everything that the report of a sweep shows. */
export async function collectReport(api: Api, wanted: string, patience: MapPatience): Promise<ReportData> {
  const sweep = await api.sweep(wanted);
  const [board, trials, dataset, exported] = await Promise.all([
    api.leaderboard(sweep.sweepId),
    api.trials(sweep.sweepId),
    api.dataset(sweep.dataset),
    api.export(sweep.sweepId, 'csv'),
  ]);
  const csv = await exported.text();
  const shown = rankedRows(board).slice(0, reportLimits.cellsShown);
  const details = await mapped(shown, (row) => cellDetail(api, row));
  const maps = await endMaps(api, { board, trials }, patience);
  const detailed = await detailedTrials(api, { board, trials });
  return {
    ...{ sweep, board, trials, dataset, maps, detailed },
    slices: slicesOf(board),
    details: new Map(details.map((detail) => [detail.row.cellId, detail])),
    csv: csv.length > reportLimits.csvCharsMax ? null : csv,
  };
}

async function cellDetail(api: Api, row: LeaderboardRow): Promise<CellDetail> {
  const trial = row.provenance.bestTrialId;
  const points = await api.metrics(trial);
  const kept = await api.reconstructions(trial);
  const last = kept.epochs.reduce<EpochPicturesView | null>((a, b) => (a && a.epoch > b.epoch ? a : b), null);
  if (!last) return { row, points, pictures: null };
  const clean = Buffer.from(kept.inputs.clean, 'base64');
  const made = await api.artifact(last.sha256);
  const pictures: CellPictures = {
    ...{ images: kept.images, image: kept.image, epoch: last.epoch },
    clean,
    noisy: Buffer.from(kept.inputs.noisy, 'base64'),
    reconstructed: made.subarray(0, clean.length),
    drawn: made.length > clean.length ? made.subarray(clean.length) : null,
  };
  return { row, points, pictures };
}

/** Results in the order of the items, a few under way at a time. */
async function mapped<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += reportLimits.requestsAtOnce) {
    results.push(...(await Promise.all(items.slice(from, from + reportLimits.requestsAtOnce).map(work))));
  }
  return results;
}
