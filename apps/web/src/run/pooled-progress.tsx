import { Badge, Code, Progress as Bar, Stack, Table, Text } from '@mantine/core';
import { shareOfSpeed, type HelperPace, type PooledRunView } from '@gradpool/protocol';
import { FigureRow, type NamedFigure } from '../app/figure-row.tsx';
import { bytesText, countText, errorText, percentText } from '../app/figures.ts';

/** Where a run stands that many workers train together, and who helps. */
export function PooledProgress({ run }: { readonly run: PooledRunView }) {
  return (
    <Stack gap="xs">
      <Figures run={run} />
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

function Figures({ run }: { readonly run: PooledRunView }) {
  const { round, rounds, loss, validation, imagesPerSecond, bytesUp, bytesDown, refused, local } = run;
  const share = shareOfSpeed(run);
  const figures: readonly NamedFigure[] = [
    ['round', `${countText(round)} of ${local ? 'about ' : ''}${countText(rounds)}`],
    ['loss', loss === null ? '–' : errorText(loss)],
    ...(validation
      ? ([[`validation MSE, epoch ${countText(validation.epoch)}`, errorText(validation.mse)]] as const)
      : []),
    ['images/s together', countText(imagesPerSecond)],
    ["of the workers' speed", share === null ? '–' : percentText(share)],
    ['sent by workers', bytesText(bytesUp)],
    ['sent to workers', bytesText(bytesDown)],
    ['parts refused', countText(refused + (local?.late ?? 0))],
    ...(local ? ([['rounds late, at most', countText(local.staleness)]] as const) : []),
  ];
  return <FigureRow figures={figures} size="lg" />;
}

function Local({ local: { lanes, late } }: { readonly local: NonNullable<PooledRunView['local']> }) {
  return (
    <Text size="sm">
      Local mode: {lanes === 1 ? '1 lane takes' : `${countText(lanes)} lanes take`} many steps alone, and what they
      changed is averaged. Not bit-reproducible: other workers, or the same ones at other moments, end with other
      weights. {late === 0 ? '' : `${countText(late)} changes came too late to count.`}
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
          <Table.Th>Pace</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {helpers.map((helper) => (
          <Table.Tr key={helper.workerId}>
            <Table.Td>{helper.name}</Table.Td>
            <Table.Td>{percentText(helper.images / Math.max(1, counted))}</Table.Td>
            <Table.Td>{countText(helper.imagesPerSecond)}</Table.Td>
            <Table.Td>
              <Pace pace={helper.pace} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const paces: Readonly<Record<HelperPace, readonly [text: string, color: string]>> = {
  even: ['keeps up', 'teal'],
  slow: ['slow', 'orange'],
  away: ['gone', 'gray'],
};

function Pace({ pace }: { readonly pace: HelperPace }) {
  const [text, color] = paces[pace];
  return (
    <Badge variant="light" color={color} size="sm">
      {text}
    </Badge>
  );
}
