import { Code, Progress as Bar, Stack, Table, Text } from '@mantine/core';
import type { PooledRunView } from '@gradpool/protocol';
import { countText, errorText, percentText } from '../app/figures.ts';

/** Where a run stands that many workers train together, and who helps. */
export function PooledProgress({ run }: { readonly run: PooledRunView }) {
  return (
    <Stack gap="xs">
      <Text size="sm">
        Round {countText(run.round)} of {run.local ? 'about ' : ''}
        {countText(run.rounds)}
        {run.loss === null ? '' : `, loss ${errorText(run.loss)}`}, {countText(run.imagesPerSecond)} images/s together
      </Text>
      <Bar value={(100 * run.round) / Math.max(1, run.rounds)} aria-label="Rounds done" />
      {run.local ? (
        <Local local={run.local} />
      ) : (
        <Text size="sm">
          SHA-256 of the parameters now, the same in this round whoever helps:{' '}
          <Code style={{ overflowWrap: 'anywhere' }}>{run.parameters}</Code>
        </Text>
      )}
      {run.helpers.length > 0 && <Helpers run={run} />}
    </Stack>
  );
}

function Local({ local: { lanes, staleness, late } }: { readonly local: NonNullable<PooledRunView['local']> }) {
  return (
    <Text size="sm">
      Local mode: {lanes === 1 ? '1 lane takes' : `${countText(lanes)} lanes take`} many steps alone, and what they
      changed is averaged. Not bit-reproducible: other workers, or the same ones at other moments, end with other
      weights. The latest change of the last round came {staleness === 1 ? '1 round' : `${countText(staleness)} rounds`}{' '}
      late; {countText(late)} were refused as too late.
    </Text>
  );
}

function Helpers({ run: { helpers } }: { readonly run: PooledRunView }) {
  const counted = helpers.reduce((sum, { images }) => sum + images, 0);
  return (
    <Table aria-label="Helpers">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Worker</Table.Th>
          <Table.Th>Share of the work</Table.Th>
          <Table.Th>Images/s</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {helpers.map((helper) => (
          <Table.Tr key={helper.workerId}>
            <Table.Td>{helper.name}</Table.Td>
            <Table.Td>{percentText(helper.images / Math.max(1, counted))}</Table.Td>
            <Table.Td>{countText(helper.imagesPerSecond)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
