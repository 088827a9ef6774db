import { useState } from 'react';
import { Anchor, Button, Card, Code, Title } from '@mantine/core';
import { scoreText } from '@gradpool/experiment';
import type { SweepView, TrialView } from '@gradpool/protocol';
import { Facts, type Fact } from '../app/facts.tsx';
import { countText, durationText, metricOfSweep } from '../app/figures.ts';
import { placementTexts } from '../app/placement.ts';
import { saveBytes } from '../app/save-bytes.ts';
import { Trouble } from '../app/trouble.tsx';
import { WorkerName } from '../app/worker-name.tsx';

export interface ProvenanceProps {
  readonly trial: TrialView;
  readonly sweep: SweepView | undefined;
}

/** What the trial's figures rest on. */
export function Provenance({ trial, sweep }: ProvenanceProps) {
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        Provenance
      </Title>
      <Facts label="Provenance" facts={factsOf(trial, sweep)} />
      {trial.weights && <Weights sha256={trial.weights.sha256} bytes={trial.weights.bytes} />}
    </Card>
  );
}

/** Everyone whose gradients counted. */
function helpersOf({ segments }: TrialView): string {
  const names = new Set(segments.map(({ worker, workerName }) => workerName ?? `…${worker.slice(-8)}`));
  return names.size === 0 ? '–' : [...names].join(', ');
}

function factsOf(trial: TrialView, sweep: SweepView | undefined): readonly Fact[] {
  const { numericClass, bitExact } = trial;
  const why =
    trial.placement === 'local' ? 'trained in local mode: not bit-reproducible' : 'several classes: not bit-exact';
  const exactness = bitExact ? '' : ` (${why})`;
  return [
    ['Trained by', trial.placement === 'alone' ? <WorkerName key="trained" id={trial.workerId} /> : helpersOf(trial)],
    ['Placement', placementTexts[trial.placement]],
    ['Verified by', <WorkerName key="verified" id={trial.verifiedBy} />],
    ['Claimed', trial.claimedScore === null ? '–' : scoreText(metricOfSweep(sweep), trial.claimedScore, 6)],
    ['Backend', trial.backend ?? '–'],
    ['Numeric class', numericClass === null ? '–' : `${numericClass}${exactness}`],
    ['Attempts', `${trial.attempts}${trial.errors > 0 ? ` (${trial.errors} ended in an error)` : ''}`],
    ['Training took', trial.durationMs === null ? '–' : durationText(trial.durationMs)],
    ['Finished', trial.finishedAt === null ? '–' : new Date(trial.finishedAt).toLocaleString('en-GB')],
    ['Code version', sweep?.codeVersion ?? '–'],
    ['Sweep spec SHA-256', sweep ? <Code key="spec">{sweep.specHash}</Code> : '–'],
    ['Data digest', sweep ? <Code key="data">{sweep.dataset}</Code> : '–'],
    ['Weights SHA-256', trial.weights ? <Code key="weights">{trial.weights.sha256}</Code> : '–'],
    [
      'Verified means',
      <Anchor key="means" href="/verified" size="sm">
        what it proves and what not
      </Anchor>,
    ],
  ];
}

function Weights({ sha256, bytes }: { readonly sha256: string; readonly bytes: number }) {
  const [error, setError] = useState<unknown>(null);
  return (
    <>
      <Button
        mt="sm"
        variant="default"
        onClick={() => {
          setError(null);
          saveBytes(`/api/artifacts/${sha256}`, `${sha256.slice(0, 12)}.f32`).catch(setError);
        }}
      >
        Download weights ({countText(bytes / 1024)} KiB, float32)
      </Button>
      {error !== null && <Trouble error={error} />}
    </>
  );
}
