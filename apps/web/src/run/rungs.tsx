import { Table } from '@mantine/core';
import { scoreText, validationLabel } from '@gradpool/experiment';
import { rungMetric, type SweepView, type TrialView } from '@gradpool/protocol';
import { metricOfSweep } from '../app/figures.ts';
import { rungLines } from './trial-text.ts';

interface RungsProps {
  readonly trial: TrialView;
  readonly sweep: SweepView | undefined;
}

/** How a trial stood where it was compared with others of its sweep; nothing for one that never was. */
export function Rungs({ trial, sweep }: RungsProps) {
  const lines = rungLines(trial);
  if (lines.length === 0) return null;
  const { like } = rungMetric({ metric: metricOfSweep(sweep), goal: 'minimize' });
  return (
    <Table aria-label="Compared with others" maw={560} style={{ fontVariantNumeric: 'tabular-nums' }}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>After epoch</Table.Th>
          <Table.Th>Its {validationLabel(like)}</Table.Th>
          <Table.Th>What followed</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {lines.map(({ epoch, validation, followed }) => (
          <Table.Tr key={epoch}>
            <Table.Td>{epoch}</Table.Td>
            <Table.Td>{scoreText(like, validation)}</Table.Td>
            <Table.Td>{followed}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
