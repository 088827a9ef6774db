import { useState, type ReactNode } from 'react';
import { Box, Card, Group, Progress, SegmentedControl, Stack, Table, Text, Title } from '@mantine/core';
import { imageSize, type CodeMapPoints, type ImageShape } from '@gradpool/experiment';
import type { CodeSeparation } from '@gradpool/protocol';
import type { Embedding } from '@gradpool/training';
import { countText } from '../app/figures.ts';
import { PictureGrid } from '../app/picture-grid.tsx';
import type { CodedPictures } from './messages.ts';
import { Scatter } from './scatter.tsx';

export interface CodeMapsProps {
  readonly map: CodeMapPoints;
  readonly separation: CodeSeparation;
  /** Of which the map shows the first; null where they are not here (yet). */
  readonly pictures: TestPictures | null;
}

/** Bytes 0 to 255, [images, height, width, channels]. */
interface TestPictures {
  readonly pixels: Uint8Array;
  readonly image: ImageShape;
  /** By label; null where classes have no names of their own. */
  readonly classNames: readonly string[] | null;
}

/** The codes of the test pictures by t-SNE and by PCA. */
export const CodeMaps = (props: CodeMapsProps) => (
  <MapCard>
    <Maps {...props} />
  </MapCard>
);

export interface ComputedMapsProps {
  readonly coded: CodedPictures;
  /** Or the share of it that is done, 0 to 1. */
  readonly embedding: Embedding | number;
}

/** The same while this page computes it, where none is stored. */
export function ComputedMaps({ coded, embedding }: ComputedMapsProps) {
  if (typeof embedding !== 'number') {
    const { count, labels, pictures: pixels, image, classNames } = coded;
    const map = { count, labels, tsne: embedding.tsne, pca: embedding.pca };
    return <CodeMaps map={map} separation={embedding.separation} pictures={{ pixels, image, classNames }} />;
  }
  return (
    <MapCard>
      <Stack gap="xs">
        <Text>The map of {countText(coded.count)} codes is being computed here.</Text>
        <Progress value={100 * embedding} aria-label="Map computed" />
      </Stack>
    </MapCard>
  );
}

const MapCard = ({ children }: { readonly children: ReactNode }) => (
  <Card withBorder>
    <Title order={2} size="h3" mb="xs">
      The codes on a map
    </Title>
    {children}
  </Card>
);

const methods = [
  { value: 'tsne', label: 't-SNE' },
  { value: 'pca', label: 'PCA' },
] as const;

function Maps({ map, separation, pictures }: CodeMapsProps) {
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
            positions={map[method]}
            labels={map.labels}
            summary={`${map.count} test pictures by ${method === 'tsne' ? 't-SNE' : 'PCA'}; the table below has how far the classes lie apart`}
            onShow={setShown}
          />
        </Box>
        <Stack flex="1 1 300px" maw={480}>
          <Separations separation={separation} />
          <Shown labels={map.labels} pictures={pictures} picture={shown} />
        </Stack>
      </Group>
      <Text size="sm" c="dimmed">
        Each figure is a test picture’s class{namesOf(pictures)}. Scroll or pinch to zoom, drag to move, point at a
        figure to see its picture. Distances between far clusters of t-SNE mean little.
      </Text>
    </Stack>
  );
}

const namesOf = (pictures: TestPictures | null): string =>
  pictures?.classNames ? ` (${pictures.classNames.map((name, label) => `${label}: ${name}`).join(', ')})` : '';

interface ShownProps extends Pick<CodeMapsProps, 'pictures'> {
  readonly labels: Uint8Array;
  readonly picture: number | null;
}

function Shown({ labels, pictures, picture }: ShownProps) {
  const size = pictures ? imageSize(pictures.image) : 0;
  return (
    <Group gap="sm" mih={56}>
      {picture !== null && (
        <>
          {pictures && (
            <Box w={56}>
              <PictureGrid
                pixels={pictures.pixels.subarray(picture * size, (picture + 1) * size)}
                columns={1}
                rows={1}
                image={pictures.image}
                label={`test picture ${picture + 1}`}
              />
            </Box>
          )}
          <Text size="sm">
            Test picture {picture + 1}, class {pictures?.classNames?.[labels[picture] ?? 0] ?? labels[picture]}
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

const Separations = ({ separation }: Pick<CodeMapsProps, 'separation'>) => (
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
