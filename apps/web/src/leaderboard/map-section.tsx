import { useMemo } from 'react';
import { Alert, Group, NativeSelect, Stack } from '@mantine/core';
import type { Leaderboard, SweepView } from '@gradpool/protocol';
import { listedValues, valueKey, wordsOf, type Value } from '../app/parameters.ts';
import { useByText, useStableHandler } from '../app/use-stable.ts';
import { axesOf } from './axes.ts';
import { axisValuesMax, gridOf } from './grid.ts';
import { HeatMap } from './heat-map.tsx';
import type { Trials } from './sweep-data.ts';
import { withFilter, type ViewState } from './view-state.ts';

export interface MapSectionProps {
  readonly sweep: SweepView;
  readonly board: Leaderboard;
  readonly trials: Trials;
  /** Swept parameters. */
  readonly names: readonly string[];
  readonly view: ViewState;
  readonly onView: (view: ViewState) => void;
}

/** The heat map with the choice of its axes; choosing a square filters the ranking to it, and again lifts that. */
export function MapSection({ sweep, board, trials, names, view, onView }: MapSectionProps) {
  const { across, down } = axesOf(names, view);
  // The axes' own filters are for the ranking: the map stays whole, so that one square can be left for another.
  const others = useByText([...view.filters].filter(([name]) => name !== across && name !== down).map(asTexts));
  const listed = useByText({
    across: across === null ? [] : listedValues(sweep, across),
    down: down === null ? [] : listedValues(sweep, down),
  });
  const grid = useMemo(() => {
    if (across === null) return null;
    const filters = new Map(others.map(([name, values]) => [name, new Set(values)]));
    return gridOf(board, trials.values(), { across, down, filters, listed });
  }, [board, trials, across, down, others, listed]);
  const ranked = useByText({ metric: board.metric, goal: board.goal });
  const choose = useStableHandler((acrossValue: Value | undefined, downValue: Value | undefined) => {
    if (across === null) return;
    const wanted = [valueKey(acrossValue), valueKey(downValue)] as const;
    const isChosen = isOnly(view, across, wanted[0]) && (down === null || isOnly(view, down, wanted[1]));
    const narrowed = withFilter(view, across, isChosen ? [] : [wanted[0]]);
    onView(down === null ? narrowed : withFilter(narrowed, down, isChosen ? [] : [wanted[1]]));
  });
  if (across === null) return null;
  return (
    <Stack gap="sm">
      {names.length > 2 && <Axes names={names} across={across} down={down} view={view} onView={onView} />}
      {grid ? (
        <HeatMap grid={grid} across={across} down={down} ranked={ranked} onChoose={choose} />
      ) : (
        <Alert title="Too many values for a map">
          A map shows at most {axisValuesMax} values on an axis. Choose other parameters; the ranking below shows every
          cell.
        </Alert>
      )}
    </Stack>
  );
}

const asTexts = ([name, values]: [string, ReadonlySet<string>]): [string, string[]] => [name, [...values]];

const isOnly = (view: ViewState, name: string, value: string): boolean => {
  const shown = view.filters.get(name);
  return shown?.size === 1 && shown.has(value);
};

interface AxesProps {
  readonly names: readonly string[];
  readonly across: string;
  readonly down: string | null;
  readonly view: ViewState;
  readonly onView: (view: ViewState) => void;
}

function Axes({ names, across, down, view, onView }: AxesProps) {
  const data = names.map((value) => ({ value, label: wordsOf(value) }));
  return (
    <Group>
      <NativeSelect
        label="Across"
        data={data}
        value={across}
        onChange={({ currentTarget }) => {
          onView({ ...view, across: currentTarget.value });
        }}
      />
      <NativeSelect
        label="Down"
        data={data.filter(({ value }) => value !== across)}
        value={down ?? ''}
        onChange={({ currentTarget }) => {
          onView({ ...view, down: currentTarget.value });
        }}
      />
    </Group>
  );
}
