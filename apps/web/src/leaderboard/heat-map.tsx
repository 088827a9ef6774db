import { memo, useMemo, useState } from 'react';
import { Group, Stack, Text, VisuallyHidden } from '@mantine/core';
import { metricOf } from '@gradpool/experiment';
import type { Leaderboard } from '@gradpool/protocol';
import { countText, meanText, shortScore } from '../app/figures.ts';
import { stateWords } from '../app/trial-states.ts';
import { valueText, wordsOf, type Value } from '../app/parameters.ts';
import { squareKey, type Grid, type Square } from './grid.ts';
import { heatColours, heatGradient, type HeatColours } from './heat-colours.ts';
import classes from './heat-map.module.css';

/** What is ranked, and which end of it is the best. */
type Ranked = Pick<Leaderboard, 'metric' | 'goal'>;

export interface HeatMapProps {
  readonly grid: Grid;
  readonly across: string;
  readonly down: string | null;
  readonly ranked: Ranked;
  /** Called with the values of the square that was chosen. */
  readonly onChoose: (across: Value | undefined, down: Value | undefined) => void;
}

/** Mean score over two parameters: a table for readers of tables, a map for everybody else. */
export const HeatMap = memo(function HeatMap({ grid, across, down, ranked, onChoose }: HeatMapProps) {
  const [shown, setShown] = useState<string | null>(null);
  const colours = useMemo(
    () => heatColours([...grid.squares.values()].flatMap(({ best }) => (best ? [best.mean] : []))),
    [grid],
  );
  return (
    <Stack gap="xs">
      <Squares {...{ grid, across, down, ranked, onChoose, colours }} onShow={setShown} />
      <Legend colours={colours} ranked={ranked} />
      <Shown square={shown === null ? undefined : grid.squares.get(shown)} names={{ across, down, ranked }} />
    </Stack>
  );
});

interface SquaresProps extends HeatMapProps {
  readonly colours: HeatColours | null;
  readonly onShow: (key: string) => void;
}

/** Drawn again only when the map changes: pointing at one of a thousand squares must not draw them all. */
const Squares = memo(function Squares({ grid, across, down, ranked, colours, onShow, onChoose }: SquaresProps) {
  const names = { across, down, ranked };
  return (
    <div className={classes['scroll']}>
      <table className={classes['map']} aria-label={captionOf(names)}>
        <thead>
          <tr>
            <td>{down === null ? '' : `${wordsOf(down)} ↓`}</td>
            <th scope="colgroup" colSpan={grid.across.length}>
              {wordsOf(across)} →
            </th>
          </tr>
          <tr>
            <td />
            {grid.across.map((value) => (
              <th key={valueText(value)} scope="col">
                {valueText(value)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {grid.down.map((downValue) => (
            <tr key={valueText(downValue)}>
              <th scope="row">{down === null ? metricOf(ranked.metric).label : valueText(downValue)}</th>
              {grid.across.map((acrossValue) => {
                const key = squareKey(acrossValue, down === null ? undefined : downValue);
                const square = grid.squares.get(key);
                return (
                  <td key={key}>{square && <SquareButton {...{ square, names, colours, onShow, onChoose }} />}</td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
});

interface Names {
  readonly across: string;
  readonly down: string | null;
  readonly ranked: Ranked;
}

const bestOf = ({ low, high }: HeatColours, { goal }: Ranked): number => (goal === 'maximize' ? high : low);

const captionOf = ({ across, down, ranked }: Names): string =>
  `Mean verified ${metricOf(ranked.metric).label} by ${wordsOf(across)}${down === null ? '' : ` and ${wordsOf(down)}`}`;

interface SquareButtonProps {
  readonly square: Square;
  readonly names: Names;
  readonly colours: HeatColours | null;
  readonly onShow: (key: string) => void;
  readonly onChoose: HeatMapProps['onChoose'];
}

function SquareButton({ square, names, colours, onShow, onChoose }: SquareButtonProps) {
  const { best, trials } = square;
  const show = () => {
    onShow(squareKey(square.across, square.down));
  };
  const { ranked } = names;
  const isBest = best !== null && colours !== null && best.mean === bestOf(colours, ranked);
  const painted = best && colours ? { background: colours.background(best.mean), color: colours.ink(best.mean) } : {};
  const busy = best === null && trials.running + trials.verifying > 0;
  return (
    <button
      type="button"
      className={`${classes['square']} ${busy ? classes['running'] : ''}`}
      style={painted}
      onMouseEnter={show}
      onFocus={show}
      onClick={() => {
        onChoose(square.across, square.down);
      }}
    >
      <VisuallyHidden>{describe(square, names)}</VisuallyHidden>
      <span aria-hidden="true">
        {isBest && '★ '}
        {best ? shortScore(ranked.metric, best.mean) : wordOf(trials)}
        <span className={classes['small']}>{progressOf(square)}</span>
      </span>
    </button>
  );
}

/** What a square says that has no result. */
function wordOf({ running, verifying, waiting, failed, pruned }: Square['trials']): string {
  if (running + verifying > 0) return 'running';
  if (failed > 0) return 'failed';
  return pruned > 0 && waiting === 0 ? 'stopped' : '·';
}

/** How many of a square's trials are done, while some are not. */
function progressOf({ trials }: Square): string {
  const { waiting, running, verifying, complete } = trials;
  const open = waiting + running + verifying;
  return open === 0 || complete + running + verifying === 0 ? '' : `${complete} of ${complete + open}`;
}

function describe({ across, down, best, cells, trials }: Square, names: Names): string {
  const place = [`${wordsOf(names.across)} ${valueText(across)}`];
  if (names.down !== null) place.push(`${wordsOf(names.down)} ${valueText(down)}`);
  const result = best
    ? `mean ${metricOf(names.ranked.metric).label} ${meanText(names.ranked.metric, best.mean, best.ci95)} over ${best.n} ${best.n === 1 ? 'seed' : 'seeds'}`
    : 'no verified result yet';
  const choice = cells > 1 && best ? ` (the best of ${cells} cells)` : '';
  return `${place.join(', ')}: ${result}${choice}${underWay(trials)}`;
}

function underWay(trials: Square['trials']): string {
  const states = ['running', 'verifying', 'waiting', 'failed', 'pruned'] as const;
  const parts = states
    .filter((state) => trials[state] > 0)
    .map((state) => `${countText(trials[state])} ${stateWords[state]}`);
  return parts.length === 0 ? '' : `; ${parts.join(', ')}`;
}

function Legend({ colours, ranked }: { readonly colours: HeatColours | null; readonly ranked: Ranked }) {
  if (!colours || colours.low === colours.high) return null;
  const end = (value: number): string =>
    `${value === bestOf(colours, ranked) ? '★ ' : ''}${shortScore(ranked.metric, value)}`;
  return (
    <Group gap="xs" fz="sm" aria-hidden>
      <span>{end(colours.low)}</span>
      <span className={classes['legend']} style={{ background: heatGradient() }} />
      <span>{end(colours.high)}</span>
    </Group>
  );
}

/** The square under the pointer or the keyboard, in words; its button says the same to a screen reader. */
function Shown({ square, names }: { readonly square: Square | undefined; readonly names: Names }) {
  return (
    <Text size="sm" mih="1.6em" aria-hidden>
      {square ? describe(square, names) : 'Point at a square for its interval and seeds; choose it to see its runs.'}
    </Text>
  );
}
