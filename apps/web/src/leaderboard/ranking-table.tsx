import { Fragment, memo, useState } from 'react';
import {
  ActionIcon,
  Anchor,
  Badge,
  Checkbox,
  Group,
  Pagination,
  Table,
  Text,
  UnstyledButton,
  VisuallyHidden,
} from '@mantine/core';
import { metricOf, rankedSeedsMin, type Place } from '@gradpool/experiment';
import type { BaselineKind, LeaderboardRow, SweepView, TrialView } from '@gradpool/protocol';
import { countText, meanText, metricOfSweep } from '../app/figures.ts';
import { placementMarks, placementTexts } from '../app/placement.ts';
import { valueText, wordsOf } from '../app/parameters.ts';
import type { shownFigures } from './cell-figures.ts';
import { CellProvenance } from './provenance.tsx';
import type { TableLine } from './ranking.ts';
import { withSort, type ViewState } from './view-state.ts';

const linesPerPage = 25;

export interface RankingTableProps {
  readonly lines: readonly TableLine[];
  readonly names: readonly string[];
  /** Columns beside the score and the parameters. */
  readonly figures: ReturnType<typeof shownFigures>;
  readonly view: ViewState;
  readonly onView: (view: ViewState) => void;
  readonly sweep: SweepView;
  /** Trials by cell, while they are known. */
  readonly trialsOf: (cellId: string) => readonly TrialView[];
  readonly chosen: ReadonlySet<string>;
  readonly onChosen: (cellId: string, chosen: boolean) => void;
}

/** The ranking, a page at a time: ten thousand rows are as quick as ten. */
export function RankingTable(props: RankingTableProps) {
  const { lines, names, figures, view, onView } = props;
  const pages = Math.max(1, Math.ceil(lines.length / linesPerPage));
  const page = Math.min(view.page, pages);
  const columns = ['mean', 'n', ...names];
  return (
    <>
      <Table.ScrollContainer minWidth={600 + 90 * (names.length + figures.length)}>
        <Table aria-label="Ranking" verticalSpacing={6} style={{ fontVariantNumeric: 'tabular-nums' }}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={72}>Compare</Table.Th>
              <Table.Th>Place</Table.Th>
              {columns.map((column) => (
                <SortHead
                  key={column}
                  column={column}
                  title={columnTitle(column, props.sweep)}
                  view={view}
                  onView={onView}
                />
              ))}
              <Table.Th>Source</Table.Th>
              <Table.Th w={48}>
                <VisuallyHidden>Details</VisuallyHidden>
              </Table.Th>
              {figures.map(({ name, title, hint }) => (
                <SortHead key={name} column={name} title={title} hint={hint} view={view} onView={onView} />
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.slice((page - 1) * linesPerPage, page * linesPerPage).map((line) => (
              <Line key={line.key} line={line} {...props} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {pages > 1 && (
        <Group mt="sm" justify="space-between">
          <Text size="sm">{countText(lines.length)} rows</Text>
          <Pagination
            total={pages}
            value={page}
            onChange={(chosen) => {
              onView({ ...view, page: chosen });
            }}
            getControlProps={(control) => ({ 'aria-label': `${control} page` })}
          />
        </Group>
      )}
    </>
  );
}

/** All columns: six stand in every ranking. */
const columnsOf = ({ names, figures }: Pick<RankingTableProps, 'names' | 'figures'>): number =>
  6 + names.length + figures.length;

function columnTitle(column: string, sweep: SweepView): string {
  if (column === 'mean') return `Mean ${metricOf(metricOfSweep(sweep)).label} ± 95 % CI`;
  return column === 'n' ? 'Seeds' : wordsOf(column);
}

interface SortHeadProps extends Pick<RankingTableProps, 'view' | 'onView'> {
  readonly column: string;
  readonly title: string;
  readonly hint?: string;
}

function SortHead({ column, title, hint, view, onView }: SortHeadProps) {
  const { by, falling } = view.sort;
  const sorted = by === column;
  return (
    <Table.Th aria-sort={sorted ? (falling ? 'descending' : 'ascending') : 'none'} title={hint}>
      <UnstyledButton
        fz="sm"
        fw={700}
        onClick={() => {
          onView(withSort(view, column));
        }}
      >
        {title} <span aria-hidden>{sorted ? (falling ? '▼' : '▲') : '↕'}</span>
      </UnstyledButton>
    </Table.Th>
  );
}

function Line({ line, ...props }: { readonly line: TableLine } & RankingTableProps) {
  switch (line.kind) {
    case 'group':
      return (
        <Table.Tr bg="var(--mantine-color-default-hover)">
          <Table.Th colSpan={columnsOf(props)} scope="rowgroup">
            {wordsOf(props.view.group ?? '')} {valueText(line.value)} · {countText(line.cells)}{' '}
            {line.cells === 1 ? 'cell' : 'cells'}
          </Table.Th>
        </Table.Tr>
      );
    case 'cell':
      return <CellLine {...cellOf(line, props)} />;
    case 'baseline':
      return <BaselineLine baseline={line.baseline} names={props.names} figures={props.figures} />;
    default:
      return line satisfies never;
  }
}

interface CellLineProps extends Pick<RankingTableProps, 'names' | 'figures' | 'sweep' | 'trialsOf' | 'onChosen'> {
  readonly row: LeaderboardRow;
  /** In words that are the same from one ranking to the next, where a `Place` would be another object. */
  readonly place: string | null;
  readonly band: number;
  readonly chosen: boolean;
}

type CellEntry = Extract<TableLine, { readonly kind: 'cell' }>;

function cellOf({ row, place }: CellEntry, props: RankingTableProps): CellLineProps {
  const { names, figures, sweep, trialsOf, onChosen } = props;
  const chosen = props.chosen.has(row.cellId);
  const shown = { names, figures, sweep, trialsOf, onChosen };
  return { row, place: place && placeText(place), band: place?.band ?? 0, chosen, ...shown };
}

/** Drawn again only when it says something else: most rows of a page stay when a filter changes. */
const CellLine = memo(function CellLine(props: CellLineProps) {
  const { row, place, band, names, figures, sweep, trialsOf, chosen, onChosen } = props;
  const [open, setOpen] = useState(false);
  const label = names.map((name) => `${wordsOf(name)} ${valueText(row.parameters[name])}`).join(', ');
  return (
    <Fragment>
      <Table.Tr>
        <Table.Td>
          <Checkbox
            aria-label={`Compare ${label}`}
            checked={chosen}
            onChange={({ currentTarget }) => {
              onChosen(row.cellId, currentTarget.checked);
            }}
          />
        </Table.Td>
        <Table.Td>
          <PlaceMark place={place} band={band} />
        </Table.Td>
        <Table.Td>{meanText(metricOfSweep(sweep), row.mean, row.ci95)}</Table.Td>
        <Table.Td>{row.n}</Table.Td>
        {names.map((name) => (
          <Table.Td key={name}>{valueText(row.parameters[name])}</Table.Td>
        ))}
        <Table.Td>
          <Badge component="a" href="/verified" variant="light" color="teal" style={{ cursor: 'pointer' }}>
            ✓ verified
          </Badge>
          <PlacementMark placement={row.provenance.placement} />
        </Table.Td>
        <Table.Td>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-expanded={open}
            aria-label={`Runs and provenance of ${label}`}
            onClick={() => {
              setOpen(!open);
            }}
          >
            <span aria-hidden>{open ? '▴' : '▾'}</span>
          </ActionIcon>
        </Table.Td>
        {figures.map(({ name, of }) => (
          <Table.Td key={name}>{of(row)}</Table.Td>
        ))}
      </Table.Tr>
      {open && (
        <Table.Tr>
          <Table.Td colSpan={columnsOf(props)}>
            <CellProvenance sweep={sweep} cellId={row.cellId} listed={trialsOf(row.cellId)} />
          </Table.Td>
        </Table.Tr>
      )}
    </Fragment>
  );
});

function PlacementMark({ placement }: Pick<LeaderboardRow['provenance'], 'placement'>) {
  const mark = placementMarks[placement];
  if (mark === null) return null;
  return (
    <Badge ml={6} variant="light" color="grape" title={`Trained ${placementTexts[placement]}`}>
      {mark}
    </Badge>
  );
}

const placeText = ({ from, to }: Place): string => (from === to ? String(from) : `${from}–${to} tied`);

function PlaceMark({ place, band }: Pick<CellLineProps, 'place' | 'band'>) {
  if (place === null) {
    return (
      <Text span c="dimmed" title={`Cells are ranked from ${rankedSeedsMin} seeds on`}>
        –
      </Text>
    );
  }
  // Bands alternate between two backgrounds, so that one can be told from the next.
  const color = band % 2 === 1 ? 'blue' : 'gray';
  const title = place.endsWith('tied') ? 'Tied: the intervals overlap' : undefined;
  return (
    <Badge variant="light" color={color} radius="sm" title={title}>
      {place}
    </Badge>
  );
}

const baselineNames: Readonly<Record<BaselineKind, string>> = {
  mean_image: 'mean image',
  identity: 'doing nothing',
  pca: 'PCA on clean pictures',
  linear: 'best linear denoiser',
};

interface BaselineLineProps {
  readonly baseline: Extract<TableLine, { readonly kind: 'baseline' }>['baseline'];
  readonly names: readonly string[];
  readonly figures: RankingTableProps['figures'];
}

function BaselineLine({ baseline, names, figures }: BaselineLineProps) {
  const valueOf = (name: string): string => {
    if (name === 'latent') return baseline.latent === null ? 'any' : String(baseline.latent);
    if (name === 'noise') return baseline.baseline === 'mean_image' ? 'any' : String(baseline.noise);
    return 'any';
  };
  return (
    <Table.Tr c="dimmed" fs="italic">
      <Table.Td />
      <Table.Td>–</Table.Td>
      <Table.Td>{meanText('test_mse', baseline.testMse, null)}</Table.Td>
      <Table.Td>–</Table.Td>
      {names.map((name) => (
        <Table.Td key={name}>{valueOf(name)}</Table.Td>
      ))}
      <Table.Td>
        <Anchor href="/verified" fz="sm" c="dimmed">
          baseline: {baselineNames[baseline.baseline]}
        </Anchor>
      </Table.Td>
      <Table.Td />
      {figures.map(({ name }) => (
        <Table.Td key={name} />
      ))}
    </Table.Tr>
  );
}
