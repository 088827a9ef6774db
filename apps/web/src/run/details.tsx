import { Card, Group, Stack, Table, Text, Title } from '@mantine/core';
import { className, classScores, readTrialDetails, type TrialDetails } from '@gradpool/experiment';
import type { ArtifactRef } from '@gradpool/protocol';
import { useQuery } from '@tanstack/react-query';
import { getBytes } from '../app/api.ts';
import { useManifest } from '../app/datasets.ts';
import { Pause } from '../app/pause.tsx';
import { Trouble } from '../app/trouble.tsx';
import { heatColours } from '../leaderboard/heat-colours.ts';

/** What the evaluator found that is no single number: a confusion matrix, or a ROC curve. */
export function Details({
  artifact,
  dataset,
}: {
  readonly artifact: ArtifactRef;
  readonly dataset: string | undefined;
}) {
  const manifest = useManifest(dataset).data;
  const nameOf: NameOf = (label) => className(manifest ?? {}, label);
  const details = useQuery({
    queryKey: ['artifact', artifact.sha256, 'details'],
    queryFn: async ({ signal }) => readTrialDetails(await getBytes(`/api/artifacts/${artifact.sha256}`, signal)),
  });
  return (
    <Card withBorder>
      {details.isPending && <Pause />}
      {details.isError && <Trouble error={details.error} onRetry={() => void details.refetch()} />}
      {details.data === null && <Text>This page is too old for what the evaluator found; load it again.</Text>}
      {details.data && <Found details={details.data} nameOf={nameOf} />}
    </Card>
  );
}

/** What a class is called. */
type NameOf = (label: number) => string;

function Found({ details, nameOf }: { readonly details: TrialDetails; readonly nameOf: NameOf }) {
  switch (details.kind) {
    case 'classification':
      return <Classes confusion={details.confusion} nameOf={nameOf} />;
    case 'anomaly':
      return <RocCurve details={details} nameOf={nameOf} />;
    default:
      return details satisfies never;
  }
}

type Confusion = Extract<TrialDetails, { kind: 'classification' }>['confusion'];

interface ClassesProps {
  readonly confusion: Confusion;
  readonly nameOf: NameOf;
}

const Classes = ({ confusion, nameOf }: ClassesProps) => (
  <Group align="flex-start" gap="xl">
    <Stack gap="xs">
      <Title order={2} size="h3">
        Confusion matrix
      </Title>
      <ConfusionTable confusion={confusion} nameOf={nameOf} />
      <Text size="sm" c="dimmed">
        Rows: what a test picture is; columns: what it was taken for.
      </Text>
    </Stack>
    <Stack gap="xs">
      <Title order={2} size="h3">
        By class
      </Title>
      <ClassTable confusion={confusion} nameOf={nameOf} />
    </Stack>
  </Group>
);

function ConfusionTable({ confusion, nameOf }: ClassesProps) {
  // The mistakes are what there is to see: the diagonal would drown them.
  const mistakes = confusion.flatMap((row, truth) => row.filter((_, told) => told !== truth));
  const colours = heatColours([0, ...mistakes]);
  return (
    <Table aria-label="Confusion matrix" withTableBorder style={{ fontVariantNumeric: 'tabular-nums', width: 'auto' }}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th />
          {confusion.map((_, told) => (
            <Table.Th key={told} ta="right">
              {nameOf(told)}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {confusion.map((row, truth) => (
          <Table.Tr key={truth}>
            <Table.Th>{nameOf(truth)}</Table.Th>
            {row.map((count, told) => (
              <Table.Td
                key={told}
                ta="right"
                fw={told === truth ? 700 : 400}
                style={
                  told === truth || !colours ? {} : { background: colours.background(count), color: colours.ink(count) }
                }
              >
                {count}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function ClassTable({ confusion, nameOf }: ClassesProps) {
  const { classes, macro } = classScores(confusion);
  const lines = [
    ...classes.map((score, label) => ({ name: nameOf(label), ...score })),
    { name: 'mean', images: classes.reduce((sum, { images }) => sum + images, 0), ...macro },
  ];
  return (
    <Table aria-label="By class" style={{ fontVariantNumeric: 'tabular-nums', width: 'auto' }}>
      <Table.Thead>
        <Table.Tr>
          {['class', 'pictures', 'precision', 'recall', 'F1'].map((title) => (
            <Table.Th key={title} ta="right">
              {title}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {lines.map(({ name, images, precision, recall, f1 }, line) => (
          <Table.Tr key={line} fw={line === classes.length ? 700 : 400}>
            {[name, images, ...[precision, recall, f1].map((value) => value.toFixed(4))].map((text, i) => (
              <Table.Td key={i} ta="right">
                {text}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const side = 280;

interface RocCurveProps {
  readonly details: Extract<TrialDetails, { kind: 'anomaly' }>;
  readonly nameOf: NameOf;
}

function RocCurve({ details, nameOf }: RocCurveProps) {
  const { points } = details;
  const anomalyClass = nameOf(details.anomalyClass);
  const line = points.map(([wrong, right]) => `${side * wrong},${side * (1 - right)}`).join(' ');
  return (
    <Stack gap="xs">
      <Title order={2} size="h3">
        ROC curve of class {anomalyClass}
      </Title>
      <svg
        role="img"
        aria-label={`ROC curve: of the pictures of class ${anomalyClass}, the share found for each share of false alarms`}
        viewBox={`-2 -2 ${side + 4} ${side + 4}`}
        width={side}
        height={side}
      >
        <rect width={side} height={side} fill="none" stroke="var(--mantine-color-default-border)" />
        <line x1="0" y1={side} x2={side} y2="0" stroke="var(--mantine-color-dimmed)" strokeDasharray="4 4" />
        <polyline points={line} fill="none" stroke="var(--mantine-primary-color-filled)" strokeWidth="2" />
      </svg>
      <Text size="sm" c="dimmed">
        Right: false alarms among the other classes; up: pictures of class {anomalyClass} that are found, as the error
        that sounds the alarm falls. The dashes are chance.
      </Text>
    </Stack>
  );
}
