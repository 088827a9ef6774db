import { useState } from 'react';
import { Box, Card, Group, Progress, SegmentedControl, Stack, Table, Text, Title } from '@mantine/core';
import { imageSize } from '@gradpool/experiment';
import type { Embedding } from '@gradpool/training';
import { countText } from '../app/figures.ts';
import { PictureGrid } from '../app/picture-grid.tsx';
import type { CodedPictures } from './messages.ts';
import { Scatter } from './scatter.tsx';

export interface CodeMapsProps {
  readonly coded: CodedPictures;
  /** Or the share of it that is done, 0 to 1. */
  readonly embedding: Embedding | number;
}

/** The codes of the test pictures by t-SNE and by PCA. */
export function CodeMaps({ coded, embedding }: CodeMapsProps) {
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        The codes on a map
      </Title>
      {typeof embedding === 'number' ? (
        <Stack gap="xs">
          <Text>The map of {countText(coded.count)} codes is being computed here.</Text>
          <Progress value={100 * embedding} aria-label="Map computed" />
        </Stack>
      ) : (
        <Maps coded={coded} embedding={embedding} />
      )}
    </Card>
  );
}

const methods = [
  { value: 'tsne', label: 't-SNE' },
  { value: 'pca', label: 'PCA' },
] as const;

function Maps({ coded, embedding }: { readonly coded: CodedPictures; readonly embedding: Embedding }) {
  const [method, setMethod] = useState<'tsne' | 'pca'>('tsne');
  const [shown, setShown] = useState<number | null>(null);
  return (
    <Stack gap="sm">
      <SegmentedControl
        aria-label="Map"
        data={[...methods]}
        value={method}
        onChange={(value) => {
          setMethod(value);
        }}
        style={{ alignSelf: 'start' }}
      />
      <Group align="start" gap="lg">
        <Box flex="1 1 320px" maw={720}>
          <Scatter
            positions={embedding[method]}
            labels={coded.labels}
            summary={`${coded.count} test pictures by ${method === 'tsne' ? 't-SNE' : 'PCA'}; the table below has how far the classes lie apart`}
            onShow={setShown}
          />
        </Box>
        <Stack flex="1 1 300px" maw={480}>
          <Separations separation={embedding.separation} />
          <Shown coded={coded} picture={shown} />
        </Stack>
      </Group>
      <Text size="sm" c="dimmed">
        Each figure is a test picture’s class. Scroll or pinch to zoom, drag to move, point at a figure to see its
        picture. Distances between far clusters of t-SNE mean little.
      </Text>
    </Stack>
  );
}

function Shown({ coded, picture }: { readonly coded: CodedPictures; readonly picture: number | null }) {
  const pixels = imageSize(coded.image);
  return (
    <Group gap="sm" mih={56}>
      {picture !== null && (
        <>
          <Box w={56}>
            <PictureGrid
              pixels={coded.pictures.subarray(picture * pixels, (picture + 1) * pixels)}
              columns={1}
              rows={1}
              image={coded.image}
              label={`test picture ${picture + 1}`}
            />
          </Box>
          <Text size="sm">
            Test picture {picture + 1}, class {coded.labels[picture]}
          </Text>
        </>
      )}
    </Group>
  );
}

const spaces = [
  { key: 'codes', label: 'the codes themselves' },
  { key: 'tsne', label: 't-SNE' },
  { key: 'pca', label: 'PCA' },
] as const;

const Separations = ({ separation }: Pick<Embedding, 'separation'>) => (
  <Table aria-label="How far the classes lie apart" style={{ fontVariantNumeric: 'tabular-nums' }}>
    <Table.Thead>
      <Table.Tr>
        <Table.Th>Measured in</Table.Th>
        <Table.Th>10 nearest neighbours right</Table.Th>
        <Table.Th>Silhouette</Table.Th>
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {spaces.map(({ key, label }) => (
        <Table.Tr key={key}>
          <Table.Td>{label}</Table.Td>
          <Table.Td>{(100 * separation[key].neighbourAccuracy).toFixed(1)} %</Table.Td>
          <Table.Td>{separation[key].silhouette.toFixed(3)}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);
