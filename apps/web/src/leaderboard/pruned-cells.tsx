import { useState } from 'react';
import { Anchor, Table, Text, Title } from '@mantine/core';
import { scoreText, trialKind, validationLabel } from '@gradpool/experiment';
import { rungMetric, type Leaderboard, type TrialView } from '@gradpool/protocol';
import { Link } from 'wouter';
import { countText } from '../app/figures.ts';
import { valueText, wordsOf } from '../app/parameters.ts';

const shownMax = 10;

interface PrunedCellsProps {
  readonly board: Leaderboard;
  readonly names: readonly string[];
  /** The trials of a cell, while they are known. */
  readonly trialsOf: (cellId: string) => readonly TrialView[];
}

/** The cells that were stopped early: not ranked, since nobody trained them to their ends. Nothing where there are none. */
export function PrunedCells({ board, names, trialsOf }: PrunedCellsProps) {
  const [all, setAll] = useState(false);
  const { pruned } = board;
  if (pruned.length === 0) return null;
  const { like } = rungMetric(board);
  const classifies = pruned.some(({ parameters }) => trialKind(parameters).task === 'classify');
  const saved = pruned.reduce((sum, { epochsSaved }) => sum + epochsSaved, 0);
  return (
    <>
      <Title order={2} size="h3">
        Stopped early
      </Title>
      <Text size="sm">
        {countText(pruned.length)} {pruned.length === 1 ? 'cell was' : 'cells were'} not among the best when they were
        compared by {validationLabel(like)}, so they were not trained to their ends and are not ranked;{' '}
        {countText(saved)} epochs were saved. A cell is judged as soon as it cannot be among the best any more, so its
        place is that among the figures known by then.
        {classifies && ' Epochs of an autoencoder count before those of the classifier.'}
      </Text>
      <Table.ScrollContainer minWidth={400 + 90 * names.length}>
        <Table aria-label="Stopped early" verticalSpacing={6} style={{ fontVariantNumeric: 'tabular-nums' }}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>After epoch</Table.Th>
              <Table.Th>Place when judged</Table.Th>
              <Table.Th>Went on</Table.Th>
              <Table.Th>Mean {validationLabel(like)}</Table.Th>
              {names.map((name) => (
                <Table.Th key={name}>{wordsOf(name)}</Table.Th>
              ))}
              <Table.Th>Runs</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {pruned.slice(0, all ? pruned.length : shownMax).map(({ cellId, parameters, ...cell }) => (
              <Table.Tr key={cellId}>
                <Table.Td>{cell.epoch}</Table.Td>
                <Table.Td>
                  {cell.place} of {cell.of}
                </Table.Td>
                <Table.Td>{cell.kept}</Table.Td>
                <Table.Td>{scoreText(like, cell.mean)}</Table.Td>
                {names.map((name) => (
                  <Table.Td key={name}>{valueText(parameters[name])}</Table.Td>
                ))}
                <Table.Td>
                  {trialsOf(cellId).map(({ trialId, seed }) => (
                    <Anchor key={trialId} component={Link} href={`/trials/${trialId}`} fz="sm" mr="xs">
                      seed {seed}
                    </Anchor>
                  ))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {pruned.length > shownMax && !all && (
        <Anchor
          component="button"
          onClick={() => {
            setAll(true);
          }}
        >
          Show all {countText(pruned.length)}
        </Anchor>
      )}
    </>
  );
}
