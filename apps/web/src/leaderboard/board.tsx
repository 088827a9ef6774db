import { useCallback, useMemo, useState } from 'react';
import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core';
import type { Leaderboard, LeaderboardRow, SweepView, TrialView } from '@gradpool/protocol';
import { Link, useSearch, useSearchParams } from 'wouter';
import { countText, durationText } from '../app/figures.ts';
import { compareValues, listedValues, sweptNames, valueKey, type Value } from '../app/parameters.ts';
import { placementNote } from '../app/placement.ts';
import { Pause } from '../app/pause.tsx';
import { Trouble } from '../app/trouble.tsx';
import { useByText, useStableHandler } from '../app/use-stable.ts';
import { comparedTrialsMax, comparePath } from '../compare/compare-path.ts';
import { shownFigures } from './cell-figures.ts';
import { FilterBar } from './filter-bar.tsx';
import { MapSection } from './map-section.tsx';
import { PrunedCells } from './pruned-cells.tsx';
import { RankingTable } from './ranking-table.tsx';
import { rankingOf } from './ranking.ts';
import { Share } from './share.tsx';
import { trialCount, useSweepData, type Trials } from './sweep-data.ts';
import { readViewState, writeViewState, type ViewState } from './view-state.ts';

/** Map and ranking of one sweep. `address` names it in links. */
export function Board({ sweep, address }: { readonly sweep: SweepView; readonly address: string }) {
  const { board, trials } = useSweepData(sweep);
  if (board.isPending) return <Pause />;
  if (board.isError) return <Trouble error={board.error} onRetry={() => void board.refetch()} />;
  return <Results sweep={sweep} address={address} board={board.data} trials={trials.data ?? noTrials} />;
}

const noTrials: Trials = new Map();

interface ResultsProps {
  readonly sweep: SweepView;
  readonly address: string;
  readonly board: Leaderboard;
  readonly trials: Trials;
}

function Results({ sweep, address, board, trials }: ResultsProps) {
  const names = useByText(sweptNames(sweep));
  const listed = useByText(names.map((name): [string, readonly Value[]] => [name, listedValues(sweep, name)]));
  const [view, setView] = useView(names);
  const values = useMemo(() => valuesOf(listed, board, trials), [listed, board, trials]);
  const lines = useMemo(() => rankingOf(board, view), [board, view]);
  const figures = useMemo(() => shownFigures(board), [board]);
  const byCell = useMemo(() => trialsByCell(trials), [trials]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const trialsOf = useCallback((cellId: string): readonly TrialView[] => byCell.get(cellId) ?? [], [byCell]);
  const choose = useStableHandler((cellId: string, on: boolean) => {
    const others = [...chosen].filter((id) => id !== cellId);
    setChosen(new Set(on ? [...others, cellId] : others));
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Progress sweep={sweep} />
        <Share sweep={sweep.name} path={pathOf(address, view)} />
      </Group>
      <MapSection sweep={sweep} board={board} trials={trials} names={names} view={view} onView={setView} />
      <Title order={2} size="h3">
        Ranking
      </Title>
      <PlacementNote board={board} />
      <FilterBar view={view} onView={setView} values={values} />
      <CompareBar
        cells={board.rows.filter(({ cellId }) => chosen.has(cellId)).map((row) => runsOf(row, trialsOf(row.cellId)))}
        onClear={() => {
          setChosen(new Set());
        }}
      />
      {board.rows.length + board.baselines.length === 0 ? (
        <Alert title="No verified result yet">
          Rows appear here as soon as the evaluator has recomputed the test error of a trained trial.
        </Alert>
      ) : (
        <RankingTable
          {...{ lines, names, figures, view, sweep, trialsOf, chosen }}
          onView={setView}
          onChosen={choose}
        />
      )}
      <PrunedCells board={board} names={names} trialsOf={trialsOf} />
      <Group>
        <Button component={Link} href={`/leaderboard/${encodeURIComponent(address)}/latent`} variant="light">
          Codes of the best and the worst run
        </Button>
      </Group>
      <HowToRead />
    </Stack>
  );
}

/** A table must not mix silently what was trained in different ways. */
function PlacementNote({ board }: Pick<ResultsProps, 'board'>) {
  const note = placementNote(board.rows.map(({ provenance }) => provenance.placement));
  return note === null ? null : <Alert color="grape">{note}</Alert>;
}

/** The view in the page's address. Choosing replaces the address, so that Back leaves the page. */
function useView(names: readonly string[]): [ViewState, (view: ViewState) => void] {
  const search = useSearch();
  const [, setSearch] = useSearchParams();
  const view = useMemo(() => readViewState(new URLSearchParams(search), names), [search, names]);
  return [
    view,
    (next) => {
      setSearch(writeViewState(next), { replace: true });
    },
  ];
}

function pathOf(address: string, view: ViewState): string {
  const search = writeViewState(view).toString();
  return `/leaderboard/${encodeURIComponent(address)}${search === '' ? '' : `?${search}`}`;
}

/** Values of each swept parameter: those of the sweep's file, and those that are there. */
function valuesOf(
  listed: readonly (readonly [name: string, values: readonly Value[]])[],
  board: Leaderboard,
  trials: Trials,
): ReadonlyMap<string, readonly Value[]> {
  return new Map(
    listed.map(([name, values]) => {
      const found = new Map(values.map((value) => [valueKey(value), value]));
      for (const { parameters } of [...board.rows, ...trials.values()]) {
        const value = parameters[name];
        if (value !== undefined) found.set(valueKey(value), value);
      }
      return [name, [...found.values()].sort(compareValues)];
    }),
  );
}

function trialsByCell(trials: Trials): ReadonlyMap<string, readonly TrialView[]> {
  const cells = new Map<string, TrialView[]>();
  for (const trial of trials.values()) {
    const known = cells.get(trial.cellId);
    if (known) known.push(trial);
    else cells.set(trial.cellId, [trial]);
  }
  return cells;
}

function Progress({ sweep }: { readonly sweep: SweepView }) {
  const { state, cells, cellsDone, trials, etaMs } = sweep;
  const left = state === 'running' && etaMs !== null && etaMs > 0 ? `, about ${durationText(etaMs)} left` : '';
  const stopped = trials.pruned > 0 ? `, ${countText(trials.pruned)} stopped early` : '';
  const failed = trials.failed > 0 ? `, ${countText(trials.failed)} failed` : '';
  return (
    <Text>
      {countText(cellsDone)} of {countText(cells)} cells done, {countText(trials.complete)} of{' '}
      {countText(trialCount(sweep))} trials verified{stopped}
      {failed}
      {left}.
    </Text>
  );
}

/** The runs to compare of a cell: its verified ones; its best where they are not listed. */
function runsOf({ provenance }: LeaderboardRow, trials: readonly TrialView[]): readonly string[] {
  const verified = trials.filter(({ state }) => state === 'complete').map(({ trialId }) => trialId);
  return verified.length > 0 ? verified : [provenance.bestTrialId];
}

interface CompareBarProps {
  /** Ids of the trials of each chosen cell. */
  readonly cells: readonly (readonly string[])[];
  readonly onClear: () => void;
}

function CompareBar({ cells, onClear }: CompareBarProps) {
  if (cells.length === 0) return null;
  const trialIds = cells.flat();
  const cut = trialIds.length > comparedTrialsMax ? ` (the first ${comparedTrialsMax} of them)` : '';
  return (
    <Group role="status">
      <Button component={Link} href={comparePath(trialIds)} size="xs">
        Compare {trialIds.length} runs of {cells.length} {cells.length === 1 ? 'cell' : 'cells'}
        {cut}
      </Button>
      <Button size="xs" variant="default" onClick={onClear}>
        Choose none
      </Button>
    </Group>
  );
}

const HowToRead = () => (
  <Text size="sm" c="dimmed">
    Every figure is of the test set, recomputed by the evaluator from the weights. The interval is the 95 % t-interval
    over seeds. Cells of three seeds or more are ranked among what is shown: a band of ties holds its best cell and
    every next one whose interval overlaps that of the best.
  </Text>
);
