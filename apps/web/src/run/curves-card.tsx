import { useMemo, useState } from 'react';
import { Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { CurvePlot, type DrawnCurve } from '../app/curve-plot.tsx';
import { curveOf, type AttemptPoint } from '../app/curves.ts';
import { errorText } from '../app/figures.ts';
import { lineLook } from '../app/line-colours.ts';
import { metricWords } from './trial-text.ts';

const shownMetrics = [
  ...['train_mse', 'train_bce', 'train_objective', 'validation_mse'],
  ...['train_cross_entropy', 'validation_cross_entropy'],
] as const;

/** Training and validation error against epochs. */
export function CurvesCard({ points }: { readonly points: readonly AttemptPoint[] }) {
  const [scale, setScale] = useState('linear');
  const curves = useMemo(() => drawnCurves(points), [points]);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h3">
          Curves
        </Title>
        <SegmentedControl size="xs" aria-label="Scale" data={['linear', 'log']} value={scale} onChange={setScale} />
      </Group>
      {curves.length === 0 ? (
        <Text>No epoch is finished yet. Each one adds a point here.</Text>
      ) : (
        <CurvePlot curves={curves} measure="error" summary={summaryOf(curves)} logarithmic={scale === 'log'} />
      )}
      <BestEpoch points={points} />
    </Stack>
  );
}

/** Where the trial ended with the weights of its best epoch: when training stopped, and which epoch that was. */
function BestEpoch({ points }: { readonly points: readonly AttemptPoint[] }) {
  const { epochs, values } = curveOf(points, 'weights_epoch');
  if (epochs.length === 0) return null;
  return (
    <Text size="sm">
      Trained for {epochs.at(-1)} epochs; the weights are those of epoch {values.at(-1)}, with the best validation
      error.
    </Text>
  );
}

const drawnCurves = (points: readonly AttemptPoint[]): DrawnCurve[] =>
  shownMetrics
    .map((name) => ({ label: metricWords(name), ...curveOf(points, name) }))
    .filter(({ epochs }) => epochs.length > 0)
    .map((curve, i) => ({ ...curve, ...lineLook(i) }));

function summaryOf(curves: readonly DrawnCurve[]): string {
  const parts = curves.map(({ label, epochs, values }) => {
    return `${label} from ${errorText(values[0] ?? 0)} to ${errorText(values.at(-1) ?? 0)} at epoch ${epochs.at(-1)}`;
  });
  return `Curves: ${parts.join('; ')}`;
}
