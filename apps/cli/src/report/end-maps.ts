import { readCodeMap, type CodeMapPoints } from '@gradpool/experiment';
import type { EmbeddingView, Leaderboard, TrialView } from '@gradpool/protocol';
import type { Api } from '../client/api.ts';
import { CliError } from '../cli-error.ts';

/** The best or the worst verified trial of a sweep, with the map of its test codes. */
export interface EndMap {
  readonly title: 'Best' | 'Worst';
  readonly trial: TrialView;
  readonly map: CodeMapPoints;
  readonly separation: EmbeddingView['separation'];
}

/** How long and how often maps that are on their way are looked for. `pause` waits so many ms; tests move a clock. */
export interface MapPatience {
  readonly waitMsMax: number;
  readonly pause: (ms: number) => Promise<void>;
}

const lookMs = 1_000;

/**
 * The maps of the sweep's two ends; those that are not stored are asked for and waited for, as long as an evaluator is there to
 * compute them. One that does not come is left out.
 */
export async function endMaps(
  api: Api,
  { board, trials }: { readonly board: Pick<Leaderboard, 'goal'>; readonly trials: readonly TrialView[] },
  patience: MapPatience,
): Promise<EndMap[]> {
  const found = await Promise.all(
    endsOf(trials, board.goal).map(async ({ title, trial }) => {
      const embedding = trial.embedding ?? (await computed(api, trial, patience));
      if (embedding === null) return [];
      const map = readCodeMap(await api.artifact(embedding.map.sha256));
      return [{ title, trial, map, separation: embedding.separation }];
    }),
  );
  return found.flat();
}

/** None where there is nothing to compare. */
function endsOf(trials: readonly TrialView[], goal: Leaderboard['goal']): Pick<EndMap, 'title' | 'trial'>[] {
  const sign = goal === 'maximize' ? -1 : 1;
  const scored = trials.flatMap((trial) => (trial.score === null ? [] : [{ trial, score: sign * trial.score }]));
  scored.sort((a, b) => a.score - b.score);
  const [best, worst] = [scored[0]?.trial, scored.at(-1)?.trial];
  if (!best || !worst || best === worst) return [];
  return [
    { title: 'Best', trial: best },
    { title: 'Worst', trial: worst },
  ];
}

/** Null where nobody computes it in time; a refusal (it erred too often, too many wait) is no reason to write no report. */
async function computed(
  api: Api,
  { trialId }: TrialView,
  { waitMsMax, pause }: MapPatience,
): Promise<EmbeddingView | null> {
  try {
    for (let waitedMs = 0; waitedMs <= waitMsMax; waitedMs += lookMs) {
      const { embedding } = await api.embed(trialId);
      if (embedding !== null) return embedding;
      const workers = await api.workers();
      if (!workers.some(({ kind, connected, trusted }) => kind === 'evaluate' && connected && trusted)) return null;
      await pause(lookMs);
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
  }
  return null;
}
