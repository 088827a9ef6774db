import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { embeddingAnswer, type EmbeddingView, type SweepView, type TrialView } from '@gradpool/protocol';
import { useMutation } from '@tanstack/react-query';
import { postJson } from '../app/api.ts';
import { Pause } from '../app/pause.tsx';
import { Trouble } from '../app/trouble.tsx';
import { CodeMaps } from './code-maps.tsx';
import { useStoredMap, useTestPictures } from './stored-map.ts';

export interface StoredMapsProps {
  readonly embedding: EmbeddingView;
  readonly sweep: SweepView | undefined;
}

/** The map that an evaluator has stored, shown as soon as it is here; the pictures under the pointer follow. */
export function StoredMaps({ embedding, sweep }: StoredMapsProps) {
  const map = useStoredMap(embedding);
  const pictures = useTestPictures(sweep?.dataset);
  if (map.isPending) return <Pause />;
  if (map.isError) return <Trouble error={map.error} onRetry={() => void map.refetch()} />;
  return <CodeMaps map={map.data} separation={embedding.separation} pictures={pictures.data ?? null} />;
}

/** On the page of a run: its map, or the offer to have it computed. Nothing for a run that is not done. */
export function CodesOfRun({ trial, sweep }: { readonly trial: TrialView; readonly sweep: SweepView | undefined }) {
  if (trial.embedding) return <StoredMaps embedding={trial.embedding} sweep={sweep} />;
  return trial.state === 'complete' ? <AskForMap trialId={trial.trialId} /> : null;
}

function AskForMap({ trialId }: { readonly trialId: string }) {
  const asked = useMutation({ mutationFn: () => postJson(`/api/trials/${trialId}/embedding`, {}, embeddingAnswer) });
  return (
    <Card withBorder>
      <Title order={2} size="h3" mb="xs">
        The codes on a map
      </Title>
      <Stack gap="xs">
        {asked.isSuccess ? (
          <Text>
            An evaluator maps the codes as soon as nothing is left to be checked. The map appears here by itself.
          </Text>
        ) : (
          <>
            <Text>An evaluator can lay the codes of the test pictures out on a map, by t-SNE and by PCA.</Text>
            <Group>
              <Button
                variant="light"
                loading={asked.isPending}
                onClick={() => {
                  asked.mutate();
                }}
              >
                Map the codes
              </Button>
            </Group>
          </>
        )}
        {asked.isError && (
          <Trouble
            error={asked.error}
            onRetry={() => {
              asked.mutate();
            }}
          />
        )}
      </Stack>
    </Card>
  );
}
