import { useMemo } from 'react';
import { metricOfSpec } from '@gradpool/experiment';
import type { SweepView } from '@gradpool/protocol';
import { useLocation } from 'wouter';
import { metricOfSweep } from '../app/figures.ts';
import { listedValues, sweptNames, valueKey, type Value } from '../app/parameters.ts';
import { useByText, useStableHandler } from '../app/use-stable.ts';
import { axesOf } from '../leaderboard/axes.ts';
import { gridOf } from '../leaderboard/grid.ts';
import { HeatMap } from '../leaderboard/heat-map.tsx';
import { useSweepData } from '../leaderboard/sweep-data.ts';

const unfiltered = new Map<string, ReadonlySet<string>>();

/** The sweep's map as it fills; choosing a square opens the leaderboard there. Nothing while or where there is none. */
export function SweepGrid({ sweep, address }: { readonly sweep: SweepView; readonly address: string }) {
  const { board, trials } = useSweepData(sweep);
  const [, navigate] = useLocation();
  const { across, down } = axesOf(sweptNames(sweep), { across: null, down: null });
  const listed = useByText({
    across: across === null ? [] : listedValues(sweep, across),
    down: down === null ? [] : listedValues(sweep, down),
  });
  const grid = useMemo(() => {
    if (across === null || !board.data) return null;
    return gridOf(board.data, trials.data?.values() ?? [], { across, down, filters: unfiltered, listed });
  }, [listed, board.data, trials.data, across, down]);
  const choose = useStableHandler((acrossValue: Value | undefined, downValue: Value | undefined) => {
    const search = new URLSearchParams({ [`f.${across}`]: valueKey(acrossValue) });
    if (down !== null) search.set(`f.${down}`, valueKey(downValue));
    navigate(`/leaderboard/${address}?${search}`);
  });
  const ranked = useByText({ metric: metricOfSweep(sweep), goal: metricOfSpec(sweep.spec).goal });
  if (grid === null || across === null) return null;
  return <HeatMap grid={grid} across={across} down={down} ranked={ranked} onChoose={choose} />;
}
